//! Credentials.
//!
//! What the keys of a provider look like: the providers' documentation, and the rule sets of the scanners gitleaks,
//! kingfisher and detect-secrets, which agree on the prefixes.

use super::{Entry, entry};

/// API keys and tokens.
pub(super) const API_KEYS: [Entry; 58] = [
    entry("1password-service-account", r"\bops_eyJ[A-Za-z0-9+/]{100,}"),
    entry("age", r"\bAGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}"),
    entry("alibaba", r"\bLTAI[A-Za-z0-9]{20,}"),
    entry("anthropic", r"\bsk-ant-[a-z0-9]{3,12}-[A-Za-z0-9_-]{32,}"),
    entry("artifactory", r"\bAKCp[A-Za-z0-9]{69,}"),
    entry("atlassian", r"\bATATT3[A-Za-z0-9_=-]{60,}"),
    entry("aws-access-key", r"\bA(?:KIA|SIA|BIA|CCA)[A-Z2-7]{16}"),
    entry("aws-bedrock", r"\bABSK[A-Za-z0-9+/]{100,}"),
    entry("clojars", r"\bCLOJARS_[a-z0-9]{60}"),
    entry("cloudflare-origin-ca", r"\bv1\.0-[a-f0-9]{24}-[a-f0-9]{146}"),
    entry("databricks", r"\bdapi[a-f0-9]{32}"),
    entry("digitalocean", r"\bdo[opr]_v1_[a-f0-9]{64}"),
    entry("docker", r"\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{27,}"),
    entry("doppler", r"\bdp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._-]{40,}"),
    entry("dropbox", r"\bsl\.(?:u\.)?[A-Za-z0-9_=-]{120,}"),
    entry("dynatrace", r"\bdt0c01\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{64}"),
    entry("easypost", r"\bEZ[AT]K[A-Za-z0-9]{54}"),
    entry("fly", r"\bfm[12][ar]?_[A-Za-z0-9+/=]{100,}"),
    entry("github", r"\bgh[oprsu]_[A-Za-z0-9]{36,}"),
    entry("github-fine-grained", r"\bgithub_pat_[A-Za-z0-9_]{82,}"),
    entry("gitlab", r"\bgl(?:agent|cbt|dt|ffct|ft|imt|oas|pat|ptt|rt|soat)-[A-Za-z0-9_-]{20,}"),
    entry("google", r"\bAIza[A-Za-z0-9_-]{35,}"),
    entry("google-oauth-secret", r"\bGOCSPX-[A-Za-z0-9_-]{28,}"),
    entry("grafana", r"\bgl(?:c|sa)_[A-Za-z0-9+/_=]{32,}"),
    entry("groq", r"\bgsk_[A-Za-z0-9]{48,}"),
    entry("hashicorp-vault", r"\bhv[bs]\.[A-Za-z0-9_-]{24,}"),
    entry("heroku", r"\bHRKU-AA[A-Za-z0-9_-]{58,}"),
    entry("hugging-face", r"\b(?:hf|api_org)_[A-Za-z]{34,}"),
    entry("infracost", r"\bico-[A-Za-z0-9]{32,}"),
    entry("langsmith", r"\blsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}"),
    entry("linear", r"\blin_(?:api|oauth)_[A-Za-z0-9]{40,}"),
    entry("mailgun", r"\bkey-[a-f0-9]{32}"),
    entry("new-relic", r"\bNR(?:AK-[A-Z0-9]{27}|II-[A-Za-z0-9-]{32}|JS-[a-f0-9]{19})"),
    entry("notion", r"\bntn_[0-9]{11}[A-Za-z0-9]{35,}"),
    entry("npm", r"\bnpm_[A-Za-z0-9]{36,}"),
    entry("openai", r"\bsk-(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{32,}"),
    entry("openai-legacy", r"\bsk-[A-Za-z0-9]{32,}"),
    entry("openrouter", r"\bsk-or-v1-[a-f0-9]{64}"),
    entry("openshift", r"\bsha256~[A-Za-z0-9_-]{43,}"),
    entry("perplexity", r"\bpplx-[A-Za-z0-9]{48,}"),
    entry("planetscale", r"\bpscale_(?:oauth|pw|tkn)_[A-Za-z0-9_=.-]{32,}"),
    entry("postman", r"\bPMAK-[A-Fa-f0-9]{24}-[A-Fa-f0-9]{34}"),
    entry("prefect", r"\bpnu_[A-Za-z0-9]{36,}"),
    entry("pulumi", r"\bpul-[a-f0-9]{40}"),
    entry("pypi", r"\bpypi-[A-Za-z0-9_-]{60,}"),
    entry("replicate", r"\br8_[A-Za-z0-9]{37,}"),
    entry("rubygems", r"\brubygems_[a-f0-9]{48}"),
    entry("sendgrid", r"\bSG\.[A-Za-z0-9_-]{20,24}\.[A-Za-z0-9_-]{39,}"),
    entry("sentry", r"\bsntry(?:s_[A-Za-z0-9+/=_-]{60,}|u_[a-f0-9]{64})"),
    entry("shopify", r"\bshp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32}"),
    entry("slack", r"\bxox[abeoprs](?:\.xox[bp])?-[A-Za-z0-9-]{20,}"),
    entry("slack-app", r"\bxapp-[0-9]-[A-Za-z0-9-]{20,}"),
    entry("slack-webhook", r"\bhooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{40,}"),
    entry("square", r"\bsq0(?:atp|csp)-[A-Za-z0-9_-]{22,}"),
    entry("stripe", r"\b[rs]k_(?:live|prod|test)_[A-Za-z0-9]{16,}"),
    entry("supabase", r"\bsb(?:p|_secret)_[A-Za-z0-9_-]{31,}"),
    entry("twilio", r"\bSK[a-f0-9]{32}"),
    entry("xai", r"\bxai-[A-Za-z0-9]{70,}"),
];

/// Private keys: the header and whatever of armour headers, base64 (in a JSON string, too) and footer follows it. RFC 7468
/// and RFC 4880, section 6.2.
pub(super) const PRIVATE_KEYS: [Entry; 2] = [
    entry(
        "pem",
        concat!(
            r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----",
            r"(?:\\[nr]|[\r\n])*(?:[A-Za-z]+(?:-[A-Za-z]+)?: [^\r\n\\]*(?:\\[nr]|[\r\n])+)*",
            r"(?:[A-Za-z0-9+/=\s\\]*-----END (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----|[A-Za-z0-9+/=\s\\]*)",
        ),
    ),
    entry("putty", r"PuTTY-User-Key-File-[23]: [^\r\n]*(?:\r?\n[A-Za-z0-9+/=: -]+)*"),
];

/// JSON web tokens, signed (RFC 7515) and encrypted (RFC 7516): a header that is an object, and four or two more parts.
pub(super) const JSON_WEB_TOKENS: [Entry; 1] =
    [entry("", r"\bey[IJ][A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{2,}(?:\.[A-Za-z0-9_-]+){1,3}")];
