/** What an access token must carry to be one for the admin API, whoever issued it. */
export const ADMIN_SCOPE = 'bsgateway/admin';
