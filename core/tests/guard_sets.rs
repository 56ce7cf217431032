//! The sets that are ready to use: what they find, what they leave alone, and how large they are.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::format_collect,
    clippy::cast_possible_truncation,
    missing_docs
)]
#![cfg(feature = "guard-compiler")]

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use interlock_core::guard::compile::{CompileLimits, compile};
use interlock_core::guard::sets::PatternSet;
use interlock_core::guard::{Action, GuardHalt, GuardState, GuardTables};

mod guard_support;
use guard_support::{Part, cut_at, run, tables};

fn all(action: Action) -> Arc<GuardTables> {
    let specs: Vec<_> = PatternSet::ALL.into_iter().flat_map(|set| set.patterns(action)).collect();
    tables(&specs)
}

static REDACT: LazyLock<Arc<GuardTables>> = LazyLock::new(|| all(Action::Redact));
static HALT: LazyLock<Arc<GuardTables>> = LazyLock::new(|| all(Action::Halt));

/// Letters and digits that look random, the same for the same seed. No letter is outside of `alphabet`.
fn random(alphabet: &str, length: usize, seed: u64) -> String {
    let letters: Vec<char> = alphabet.chars().collect();
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut letter = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        letters[(state >> 33) as usize % letters.len()]
    };
    (0..length).map(|_| letter()).collect()
}

const ANY: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const HEX: &str = "0123456789abcdef";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BECH32: &str = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";
const DIGITS: &str = "0123456789";

/// Of each pattern: its literal start, and what follows. A number is so many letters of the alphabet before it.
fn keys() -> Vec<(&'static str, String)> {
    let key = |id: &'static str, parts: &[(&str, &str, usize)]| {
        let text = parts.iter().zip(1..).map(|((literal, alphabet, length), seed)| {
            [*literal, &random(alphabet, *length, seed + id.len() as u64)].concat()
        });
        (id, text.collect::<String>())
    };
    vec![
        key("1password-service-account", &[("ops_eyJ", ANY, 100)]),
        key("age", &[("AGE-SECRET-KEY-1", BECH32, 58)]),
        key("alibaba", &[("LTAI", ANY, 20)]),
        key("anthropic", &[("sk-ant-api03-", ANY, 93), ("AA", ANY, 0)]),
        key("anthropic", &[("sk-ant-admin01-", ANY, 93), ("AA", ANY, 0)]),
        key("artifactory", &[("AKCp", ANY, 69)]),
        key("atlassian", &[("ATATT3", ANY, 186)]),
        key("aws-access-key", &[("AKIA", UPPER, 16)]),
        key("aws-access-key", &[("ASIA", UPPER, 16)]),
        key("aws-bedrock", &[("ABSK", ANY, 128)]),
        key("clojars", &[("CLOJARS_", HEX, 60)]),
        key("cloudflare-origin-ca", &[("v1.0-", HEX, 24), ("-", HEX, 146)]),
        key("databricks", &[("dapi", HEX, 32)]),
        key("digitalocean", &[("dop_v1_", HEX, 64)]),
        key("docker", &[("dckr_pat_", ANY, 27)]),
        key("doppler", &[("dp.pt.", ANY, 43)]),
        key("dropbox", &[("sl.", ANY, 135)]),
        key("dynatrace", &[("dt0c01.", ANY, 24), (".", ANY, 64)]),
        key("easypost", &[("EZAK", ANY, 54)]),
        key("fly", &[("fm2_", ANY, 100)]),
        key("github", &[("ghp_", ANY, 36)]),
        key("github", &[("ghs_", ANY, 36)]),
        key("github-fine-grained", &[("github_pat_", ANY, 22), ("_", ANY, 59)]),
        key("gitlab", &[("glpat-", ANY, 20)]),
        key("gitlab", &[("glcbt-64_", ANY, 20)]),
        key("google", &[("AIza", ANY, 35)]),
        key("google-oauth-secret", &[("GOCSPX-", ANY, 28)]),
        key("grafana", &[("glsa_", ANY, 32)]),
        key("groq", &[("gsk_", ANY, 52)]),
        key("hashicorp-vault", &[("hvs.", ANY, 90)]),
        key("heroku", &[("HRKU-AA", ANY, 58)]),
        key("hugging-face", &[("hf_", LETTERS, 34)]),
        key("infracost", &[("ico-", ANY, 32)]),
        key("langsmith", &[("lsv2_pt_", HEX, 32), ("_", HEX, 10)]),
        key("linear", &[("lin_api_", ANY, 40)]),
        key("mailgun", &[("key-", HEX, 32)]),
        key("new-relic", &[("NRAK-", UPPER, 27)]),
        key("new-relic", &[("NRJS-", HEX, 19)]),
        key("notion", &[("ntn_", DIGITS, 11), ("", ANY, 35)]),
        key("npm", &[("npm_", ANY, 36)]),
        key("openai", &[("sk-proj-", ANY, 74), ("T3BlbkFJ", ANY, 74)]),
        key("openai", &[("sk-svcacct-", ANY, 74), ("T3BlbkFJ", ANY, 74)]),
        key("openai-legacy", &[("sk-", ANY, 20), ("T3BlbkFJ", ANY, 20)]),
        key("openrouter", &[("sk-or-v1-", HEX, 64)]),
        key("openshift", &[("sha256~", ANY, 43)]),
        key("perplexity", &[("pplx-", ANY, 48)]),
        key("planetscale", &[("pscale_tkn_", ANY, 32)]),
        key("postman", &[("PMAK-", HEX, 24), ("-", HEX, 34)]),
        key("prefect", &[("pnu_", ANY, 36)]),
        key("pulumi", &[("pul-", HEX, 40)]),
        key("pypi", &[("pypi-AgEIcHlwaS5vcmc", ANY, 70)]),
        key("replicate", &[("r8_", ANY, 37)]),
        key("rubygems", &[("rubygems_", HEX, 48)]),
        key("sendgrid", &[("SG.", ANY, 22), (".", ANY, 43)]),
        key("sentry", &[("sntrys_", ANY, 80)]),
        key("sentry", &[("sntryu_", HEX, 64)]),
        key("shopify", &[("shpat_", HEX, 32)]),
        key("slack", &[("xoxb-", DIGITS, 12), ("-", DIGITS, 12), ("-", ANY, 24)]),
        key("slack", &[("xoxe.xoxp-1-", ANY, 160)]),
        key("slack-app", &[("xapp-1-A", UPPER, 10), ("-", DIGITS, 13), ("-", HEX, 64)]),
        key("slack-webhook", &[("hooks.slack.com/services/T", UPPER, 10), ("/B", UPPER, 10), ("/", ANY, 24)]),
        key("square", &[("sq0atp-", ANY, 22)]),
        key("stripe", &[("sk_live_", ANY, 24)]),
        key("stripe", &[("rk_test_", ANY, 99)]),
        key("supabase", &[("sbp_", HEX, 40)]),
        key("twilio", &[("SK", HEX, 32)]),
        key("xai", &[("xai-", ANY, 80)]),
    ]
}

/// What is found of a text: ids and what they cover.
fn found(text: &str) -> Vec<(String, String)> {
    let (given, guard) = run(&REDACT, 1 << 16, &[text.as_bytes()]);
    assert_eq!(guard.state(), GuardState::Finished);
    let hits = given.parts.iter().filter_map(|part| match part {
        Part::Redacted(hit) => Some(*hit),
        Part::Text(..) => None,
    });
    let pattern = |hit: u16| REDACT.pattern(hit).unwrap().id().to_owned();
    hits.map(|hit| (pattern(hit.pattern), text[hit.start as usize..hit.end as usize].to_owned())).collect()
}

/// It is found whole, wherever it stands and however it is cut, and nothing of it gets past a halt.
fn is_hit(id: &str, secret: &str) {
    for (before, after) in
        [("", ""), ("key=", " "), ("it is \"", "\", he said"), ("(", ")."), ("\u{e9}", "\n"), ("/", "?x")]
    {
        let text = [before, secret, after].concat();
        assert_eq!(found(&text), [(id.to_owned(), secret.to_owned())], "in {text:?}");
        let (whole, _) = run(&REDACT, 1 << 16, &[text.as_bytes()]);
        for at in 0..text.len() {
            let (given, _) = run(&REDACT, 1 << 16, &cut_at(text.as_bytes(), &[at]));
            assert_eq!(given, whole, "{text:?} cut at {at}");
        }
        for size in [1, 3, 16] {
            let (given, guard) = run(&HALT, 1 << 16, &text.as_bytes().chunks(size).collect::<Vec<_>>());
            assert!(matches!(guard.state(), GuardState::Halted(GuardHalt::Pattern(_))), "{text:?}");
            assert_eq!(given.marked(), before, "of {text:?}");
        }
    }
}

fn is_miss(text: &str) {
    assert_eq!(found(text), [], "in {text:?}");
    let (given, guard) = run(&HALT, 1 << 16, &text.as_bytes().chunks(2).collect::<Vec<_>>());
    assert_eq!((given.marked().as_str(), guard.state()), (text, GuardState::Finished));
}

#[test]
fn keys_are_found() {
    let mut ids = BTreeSet::new();
    for (id, key) in keys() {
        is_hit(&format!("api-keys/{id}"), &key);
        ids.insert(format!("api-keys/{id}"));
    }
    let specs = PatternSet::ApiKeys.patterns(Action::Redact);
    assert_eq!(ids, specs.into_iter().map(|spec| spec.id).collect(), "every pattern has a key here");
}

#[test]
fn what_nearly_is_a_key_passes() {
    for (id, key) in keys() {
        // Part of a longer word.
        is_miss(&["x", &key[..12.min(key.len())]].concat());
        let behind_a_letter = found(&["x", &key].concat());
        // A rotated token of Slack has another one in it.
        let is_nested = key.contains(".xox");
        assert!(
            is_nested || behind_a_letter.iter().all(|(found, _)| !found.ends_with(id)),
            "{id}: {behind_a_letter:?}"
        );
        // Cut off in its first half, and with a byte in it that no key has.
        let half = &key[..(key.len() / 3).min(20)];
        is_miss(half);
        is_miss(&[half, "\u{e9}", &key[half.len()..half.len() + 4]].concat());
    }
    for text in [
        "sk-learn is a library",
        "ghp_short",
        "AKIA is the prefix of access keys",
        "AKIAIOSFODNN7EXAMPL",
        "glpat-",
        "SK",
        "https://hooks.slack.com/services/",
        "sha256~",
        "key-value store, key-12345",
        "xoxb-",
        "npm_config_registry",
        "The sl. abbreviation",
        "eyJhbGciOiJIUzI1NiJ9",
        "task-force",
        "ask-proj-abcdefghijklmnopqrstuvwxyz0123456789",
    ] {
        is_miss(text);
    }
}

#[test]
fn private_keys() {
    let body: String = (0..20).map(|line| format!("{}\n", random(ANY, 64, line + 1))).collect();
    for kind in ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED ", "DSA "] {
        let key = format!("-----BEGIN {kind}PRIVATE KEY-----\n{body}-----END {kind}PRIVATE KEY-----");
        assert_eq!(found(&key), [("private-keys/pem".to_owned(), key.clone())]);
        let escaped = key.replace('\n', "\\n");
        assert_eq!(found(&escaped), [("private-keys/pem".to_owned(), escaped.clone())]);
    }
    let headers = "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123456789ABCDEF\n\n";
    let key = format!("-----BEGIN RSA PRIVATE KEY-----\n{headers}{body}-----END RSA PRIVATE KEY-----");
    is_hit("private-keys/pem", &key[..key.len()]);
    let pgp = format!(
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2.0.14 (GNU/Linux)\n\n{body}=aBcD\n-----END PGP PRIVATE KEY BLOCK-----"
    );
    assert_eq!(found(&pgp), [("private-keys/pem".to_owned(), pgp.clone())]);
    let cut_off = format!("-----BEGIN PRIVATE KEY-----\n{}", &body[..300]);
    assert_eq!(found(&cut_off), [("private-keys/pem".to_owned(), cut_off.clone())]);
    let putty = "PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nComment: a\nPublic-Lines: 1\nAAAAB3NzaC1yc2E\nPrivate-Lines: 1\nAAAAgQ==";
    assert_eq!(found(putty), [("private-keys/putty".to_owned(), putty.to_owned())]);
    for text in [
        "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
        "-----BEGIN CERTIFICATE-----",
        "--- BEGIN PRIVATE KEY ---",
        "-----BEGIN PRIVATE KEY----",
        "-----begin private key-----",
    ] {
        is_miss(text);
    }
}

#[test]
fn json_web_tokens() {
    let signed =
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";
    is_hit("json-web-tokens", signed);
    is_hit(
        "json-web-tokens",
        "eyJhbGciOiJSU0EtT0FFUCJ9.OKOawDo13gRp2ojaHV7LFpZ.48V1_ALb6US04U3b.5eym8TW_c8SuK0lt.XFBoMYUZodetZdvT",
    );
    for text in [
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.",
        "eyJ.eyJ.x",
        "see eyJhbGciOiJIUzI1NiJ9 . then",
        "HeyJude.was.great",
        "monkeyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc",
    ] {
        is_miss(text);
    }
}

#[test]
fn mail_addresses() {
    for address in [
        "a@b.co",
        "jane.doe+tag@example.org",
        "j_d-1@mail.example.co.uk",
        "o'brien@example.ie",
        "x@xn--bcher-kva.example",
        "1@2.com",
    ] {
        assert_eq!(found(&format!("<{address}>, ")), [("email".to_owned(), address.to_owned())]);
        is_hit("email", address);
    }
    for text in
        ["a@b", "@home", "a @ b.co", "x@-a.org", "user@.com", "a@b..org", "@property def f", "5 @ 3.50", "me@localhost"]
    {
        is_miss(text);
    }
    assert_eq!(found("write to a@b.co.")[0].1, "a@b.co");
    assert_eq!(found("a@b.co, c@d.org;e@f.net").len(), 3);
}

#[test]
fn phone_numbers() {
    for number in ["+44 20 7946 0958", "+1 (212) 555-0123", "+4930123456", "+33 6 12 34 56 78", "+1-202-555-0123"] {
        assert_eq!(found(&format!("call {number}.")), [("phone/international".to_owned(), number.to_owned())]);
    }
    for number in ["(212) 555-0123", "212-555-0123", "212.555.0123", "212 555 0123"] {
        assert_eq!(found(&format!("call {number}, now")), [("phone/north-american".to_owned(), number.to_owned())]);
    }
    for text in [
        "+5",
        "1+1=2",
        "+49 30",
        "+0123456789",
        "2024-01-15",
        "10.0.0.1",
        "112-555-0123",
        "1212-555-0123",
        "12.345.678",
    ] {
        is_miss(text);
    }
}

#[test]
fn cards() {
    for card in [
        "4111 1111 1111 1111",
        "4111111111111111",
        "3782-822463-10005",
        "5555555555554444",
        "6011000990139424",
        "30569309025904",
        "2223003122003222",
        "6304000000000000",
    ] {
        assert_eq!(found(&format!("paid with {card}, ok")), [("cards".to_owned(), card.to_owned())]);
        is_hit("cards", card);
    }
    // The number on the back does not hide the one on the front.
    assert_eq!(found("4111 1111 1111 1111 123")[0].1, "4111 1111 1111 1111");
    for text in [
        "4111 1111 1111 1112",
        "4111111111111112",
        "1234 5678 9012",
        "411111111111",
        "x4111111111111111",
        "41111111111111111111111",
    ] {
        is_miss(text);
    }
}

#[test]
fn bank_accounts() {
    for iban in [
        "GB82 WEST 1234 5698 7654 32",
        "DE89370400440532013000",
        "NO93 8601 1117 947",
        "FR14 2004 1010 0505 0001 3M02 606",
        "MT84MALT011000012345MTLCAST001S",
        "NL91ABNA0417164300",
    ] {
        assert_eq!(found(&format!("to {iban}, please")), [("iban".to_owned(), iban.to_owned())]);
        is_hit("iban", iban);
    }
    assert_eq!(found("DE89 3704 0044 0532 0130 00 CALL ME")[0].1, "DE89 3704 0044 0532 0130 00");
    for text in
        ["GB82 WEST 1234 5698 7654 33", "DE88370400440532013000", "DE89 3704", "AB12", "XDE89370400440532013000"]
    {
        is_miss(text);
    }
}

#[test]
fn prose_and_code_pass() {
    for text in [
        "The quick brown fox jumps over the lazy dog. It costs $4.50, or 3,99 EUR on 2024-01-15 at 10:30.",
        "fn main() { let key = std::env::var(\"API_KEY\").expect(\"set API_KEY\"); } // see https://docs.rs/key-value",
        "SELECT * FROM users WHERE id = 12345678; -- 192.168.0.1:8080",
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "550e8400-e29b-41d4-a716-446655440000 \u{1f600} \u{4f60}\u{597d}",
    ] {
        is_miss(text);
    }
}

#[test]
fn all_sets_together_are_small() {
    for action in [Action::Halt, Action::Redact, Action::Flag] {
        let specs: Vec<_> = PatternSet::ALL.into_iter().flat_map(|set| set.patterns(action)).collect();
        let artifact = compile(&specs, CompileLimits::default()).unwrap();
        println!("{}: {} patterns, {} bytes", action.as_str(), specs.len(), artifact.bytes.len());
        assert!(artifact.bytes.len() <= 400 * 1024, "{}", artifact.bytes.len());
        assert_eq!(artifact, compile(&specs, CompileLimits::default()).unwrap(), "the same patterns, the same bytes");
    }
}
