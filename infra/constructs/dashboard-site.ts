import { Duration, Fn, RemovalPolicy } from 'aws-cdk-lib';
import {
  CachePolicy, Distribution, HeadersFrameOption, HeadersReferrerPolicy, HttpVersion, PriceClass, ResponseHeadersPolicy,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

export interface DashboardSiteProps {
  readonly accessLogs: Bucket;
  /** Scheme and host of everything that the pages may call. */
  readonly connectTo: readonly string[];
  readonly retain: boolean;
}

/** What a page may load, by kind; the same policy as on one machine. */
const contentSecurityPolicy = (connectTo: readonly string[]): string => [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'", ["connect-src 'self'", ...connectTo].join(' '),
  "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'", "require-trusted-types-for 'script'",
].join('; ');

/** The dashboard: a private bucket behind CloudFront. Unknown paths show the application, which knows its own pages. */
export class DashboardSite extends Construct {
  readonly bucket: Bucket;
  readonly distribution: Distribution;
  /** Scheme and host. */
  readonly origin: string;

  constructor(scope: Construct, id: string, { accessLogs, connectTo, retain }: DashboardSiteProps) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      serverAccessLogsBucket: accessLogs,
      serverAccessLogsPrefix: 'dashboard-bucket/',
      removalPolicy: retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const origin = S3BucketOrigin.withOriginAccessControl(this.bucket);
    const common = { origin, viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS, responseHeadersPolicy: this.headers(connectTo), compress: true };
    const uncached = { ...common, cachePolicy: CachePolicy.CACHING_DISABLED };
    this.distribution = new Distribution(this, 'Distribution', {
      comment: 'BSGateway dashboard',
      // A new page or setting must show at once; the files that it names carry their hash.
      defaultBehavior: uncached,
      additionalBehaviors: { '/assets/*': { ...common, cachePolicy: CachePolicy.CACHING_OPTIMIZED } },
      defaultRootObject: 'index.html',
      errorResponses: [403, 404].map((httpStatus) => ({ httpStatus, responseHttpStatus: 200, responsePagePath: '/index.html', ttl: Duration.seconds(0) })),
      httpVersion: HttpVersion.HTTP2_AND_3,
      priceClass: PriceClass.PRICE_CLASS_ALL,
      enableLogging: true,
      logBucket: accessLogs,
      logFilePrefix: 'dashboard/',
    });
    this.origin = Fn.join('', ['https://', this.distribution.distributionDomainName]);
  }

  private headers(connectTo: readonly string[]): ResponseHeadersPolicy {
    return new ResponseHeadersPolicy(this, 'Headers', {
      securityHeadersBehavior: {
        contentSecurityPolicy: { contentSecurityPolicy: contentSecurityPolicy(connectTo), override: true },
        strictTransportSecurity: { accessControlMaxAge: Duration.days(365), includeSubdomains: true, override: true },
        contentTypeOptions: { override: true },
        frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
        referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
      },
      customHeadersBehavior: { customHeaders: [{ header: 'cross-origin-opener-policy', value: 'same-origin', override: true }] },
    });
  }
}
