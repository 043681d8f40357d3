import { Aws, CfnCondition, Duration, Fn, RemovalPolicy } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  CachePolicy, type CfnDistribution, Distribution, Function as CloudFrontFunction, FunctionCode, FunctionEventType, FunctionRuntime, HeadersFrameOption, HeadersReferrerPolicy, HttpVersion, PriceClass, ResponseHeadersPolicy, SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Domain } from './streaming-api.ts';

export interface DashboardSiteProps {
  readonly accessLogs: Bucket;
  /** Scheme and host of everything that the pages may call. */
  readonly connectTo: readonly string[];
  readonly retain: boolean;
  readonly domain: Domain | undefined;
  /** A global web ACL. */
  readonly webAclArn: string | undefined;
}

/** What a page may load, by kind; the same policy as on one machine. */
const contentSecurityPolicy = (connectTo: readonly string[]): string => [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'", ["connect-src 'self'", ...connectTo].join(' '),
  "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'", "require-trusted-types-for 'script'",
].join('; ');

/** Where CloudFront delivers no such logs (docs.aws.amazon.com, "Choose an Amazon S3 bucket for standard logs"): the regions that an account must opt in to. */
const WITHOUT_LOGS = [
  'af-south-1', 'ap-east-1', 'ap-south-2', 'ap-southeast-3', 'ap-southeast-4', 'ca-west-1', 'eu-central-2', 'eu-south-1', 'eu-south-2', 'il-central-1', 'me-central-1', 'me-south-1',
];

/** A path whose last part has no dot is a page, and all pages are the one application, which knows its own addresses. */
const PAGES = "function handler(event) { var request = event.request; if (request.uri.slice(request.uri.lastIndexOf('/')).indexOf('.') < 0) request.uri = '/index.html'; return request; }";

/** The dashboard: a private bucket behind CloudFront. Every page shows the application, which knows its own addresses. */
export class DashboardSite extends Construct {
  readonly bucket: Bucket;
  readonly distribution: Distribution;
  /** Scheme and host. */
  readonly origin: string;

  constructor(scope: Construct, id: string, { accessLogs, connectTo, retain, domain, webAclArn }: DashboardSiteProps) {
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
      ...(domain && {
        domainNames: [domain.name], certificate: Certificate.fromCertificateArn(this, 'Certificate', domain.certificateArn), minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
      }),
      ...(webAclArn !== undefined && { webAclId: webAclArn }),
      // A new page or setting must show at once; the files that it names carry their hash.
      defaultBehavior: { ...uncached, functionAssociations: [{ function: this.pages(), eventType: FunctionEventType.VIEWER_REQUEST }] },
      additionalBehaviors: { '/assets/*': { ...common, cachePolicy: CachePolicy.CACHING_OPTIMIZED } },
      defaultRootObject: 'index.html',
      // The bucket says 403 for a file that is not there. It stays an error: a page instead of a script would only be refused later.
      errorResponses: [403, 404].map((httpStatus) => ({ httpStatus, responseHttpStatus: 404, responsePagePath: '/index.html', ttl: Duration.seconds(0) })),
      httpVersion: HttpVersion.HTTP2_AND_3,
      priceClass: PriceClass.PRICE_CLASS_ALL,
      enableLogging: true,
      logBucket: accessLogs,
      logFilePrefix: 'dashboard/',
    });
    this.leaveLogsOut(this.distribution.node.defaultChild as CfnDistribution);
    this.origin = domain === undefined ? Fn.join('', ['https://', this.distribution.distributionDomainName]) : `https://${domain.name}`;
  }

  /** Decided while the stack is deployed: the template is the same for every region. */
  private leaveLogsOut(distribution: CfnDistribution): void {
    const among = (regions: readonly string[]) => Fn.conditionOr(...regions.map((region) => Fn.conditionEquals(Aws.REGION, region)));
    // An Or takes ten at most.
    const isWithout = new CfnCondition(this, 'WithoutLogs', { expression: Fn.conditionOr(among(WITHOUT_LOGS.slice(0, 6)), among(WITHOUT_LOGS.slice(6))) });
    const path = 'DistributionConfig.Logging';
    const { logging } = distribution.distributionConfig as CfnDistribution.DistributionConfigProperty;
    const { bucket, prefix } = logging as CfnDistribution.LoggingProperty;
    distribution.addPropertyOverride(path, { 'Fn::If': [isWithout.logicalId, { Ref: 'AWS::NoValue' }, { Bucket: bucket, Prefix: prefix }] });
  }

  private pages(): CloudFrontFunction {
    return new CloudFrontFunction(this, 'Pages', { comment: 'BSGateway: every page is the application', runtime: FunctionRuntime.JS_2_0, code: FunctionCode.fromInline(PAGES) });
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
