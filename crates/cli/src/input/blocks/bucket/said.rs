//! What went wrong with a store, in words that hold no secret.

use std::error::Error as _;

use object_store::Error;

/// What a store says of credentials.
const REFUSED: &str =
    "the store refuses it: check the credentials, and that they may list and read the bucket";

/// What a store's error says: its kind, what to do, and the codes of the answer. Bodies of answers
/// and queries of URLs are left out, which may hold signatures and keys.
pub(super) fn said(error: &Error) -> anyhow::Error {
    let mut texts = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(inner) = cause {
        texts.push(inner.to_string());
        cause = inner.source();
    }
    // A list that is refused or not there has no kind of its own.
    let is = |status: &str| texts.iter().any(|text| text.contains(status));
    let what = match error {
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => REFUSED,
        _ if is("403 Forbidden") || is("401 Unauthorized") => REFUSED,
        _ if is("404 Not Found") => "there is none: check bucket, prefix and endpoint",
        _ => "the store cannot be read: check endpoint, region and credentials",
    };
    match texts.iter().rev().map(|text| plain(text)).find(|text| !text.is_empty()) {
        Some(text) => anyhow::anyhow!("{what} ({text})"),
        None => anyhow::anyhow!("{what}"),
    }
}

/// A text without what may be secret in it, in one line: of a body in XML its code alone.
fn plain(text: &str) -> String {
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    let text = text.split_once('<').map_or(text, |(before, _)| before);
    let words = text.split_whitespace().map(|word| word.split('?').next().unwrap_or_default());
    let mut plain = words.collect::<Vec<_>>().join(" ");
    if let Some((code, _)) =
        code.filter(|(code, _)| code.bytes().all(|it| it.is_ascii_alphanumeric()))
    {
        plain = format!("{plain} {code}");
    }
    plain.trim_end_matches([':', ' ']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_stay_and_secrets_go() {
        let body = "Server returned non-2xx status code: 403 Forbidden: <?xml version=\"1.0\"?>\
                    <Error><Code>SignatureDoesNotMatch</Code><StringToSign>AKID</StringToSign></Error>";
        assert_eq!(
            plain(body),
            "Server returned non-2xx status code: 403 Forbidden: SignatureDoesNotMatch"
        );
        let url = "error sending request for url (http://a.blob/c?sig=SECRET&se=1)";
        assert_eq!(plain(url), "error sending request for url (http://a.blob/c");
        assert_eq!(plain("<a>SECRET</a>"), "");
    }
}
