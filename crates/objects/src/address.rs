//! What a URL names. Nobody is asked; and no credential stands in it, since it is shown to people and written to logs.

use std::fmt;
use std::path::PathBuf;

/// Where snapshots lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A bucket or container, and what stands before every name in it.
    Bucket {
        /// Whose store it is.
        provider: Provider,
        /// The bucket's or container's name.
        bucket: String,
        /// Without a slash at either end; empty for none.
        prefix: String,
    },
    /// A folder on this machine.
    Folder(PathBuf),
}

/// Whose store it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// `s3://`: Amazon S3, and what speaks like it.
    S3,
    /// `gs://`
    Google,
    /// `az://`
    Azure,
}

impl Provider {
    /// What names of its credentials in the environment begin with.
    pub fn environment(self) -> &'static str {
        match self {
            Self::S3 => "AWS_",
            Self::Google => "GOOGLE_",
            Self::Azure => "AZURE_",
        }
    }
    /// What people set there most often.
    pub fn credentials(self) -> &'static str {
        match self {
            Self::S3 => {
                "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION; AWS_ENDPOINT for another than Amazon's"
            }
            Self::Google => "GOOGLE_SERVICE_ACCOUNT, the path of a key file",
            Self::Azure => "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
        }
    }
    fn scheme(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Google => "gs",
            Self::Azure => "az",
        }
    }
}

const FORMS: &str =
    "like `s3://bucket/prefix`, `gs://bucket/prefix`, `az://container/prefix` or `file:///folder`";

impl Address {
    /// Reads one.
    ///
    /// # Errors
    ///
    /// The sentence says what it is not.
    pub fn read(url: &str) -> Result<Self, String> {
        let Some((scheme, rest)) = url.split_once("://") else {
            return Err(format!("`{url}` is no URL {FORMS}"));
        };
        let (bucket, path) = rest.split_once('/').unwrap_or((rest, ""));
        // Not shown: it may hold a secret.
        if bucket.contains(['@', ':']) {
            return Err(
                "credentials and ports do not stand in the URL: the environment has them".into()
            );
        }
        if url.contains(['?', '#', '%', '\\']) || url.contains(char::is_whitespace) {
            return Err(format!(
                "`{url}` has more than a bucket and a prefix: nothing follows them"
            ));
        }
        let prefix = path.trim_end_matches('/');
        let odd = |part: &str| part.is_empty() || part == "." || part == "..";
        if !prefix.is_empty() && prefix.split('/').any(odd) {
            return Err(format!("`{url}` has a part that is empty, `.` or `..`"));
        }
        let provider = match scheme {
            "file" if !bucket.is_empty() => {
                return Err(format!(
                    "`{url}` has two slashes, and a folder has three: `file:///folder`"
                ));
            }
            "file" if prefix.is_empty() => return Err(format!("`{url}` names no folder")),
            "file" => return Ok(Self::Folder(PathBuf::from(format!("/{prefix}")))),
            "s3" => Provider::S3,
            "gs" => Provider::Google,
            "az" => Provider::Azure,
            _ => return Err(format!("`{url}` is of no kind that is known: {FORMS}")),
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        if bucket.is_empty() || !bucket.chars().all(plain) {
            return Err(format!("`{url}` names no bucket: {FORMS}"));
        }
        Ok(Self::Bucket { provider, bucket: bucket.into(), prefix: prefix.into() })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "file://{}", folder.display()),
            Self::Bucket { provider, bucket, prefix } => {
                let slash = if prefix.is_empty() { "" } else { "/" };
                write!(f, "{}://{bucket}{slash}{prefix}", provider.scheme())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_with_and_without_a_prefix_and_a_folder_are_read() {
        for (url, shown) in [
            ("s3://cold-snaps/boston/a", "s3://cold-snaps/boston/a"),
            ("s3://cold-snaps", "s3://cold-snaps"),
            ("gs://cold-snaps/", "gs://cold-snaps"),
            ("az://cold_snaps/a/", "az://cold_snaps/a"),
            ("file:///var/lib/snaps/", "file:///var/lib/snaps"),
        ] {
            assert_eq!(Address::read(url).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn what_is_no_address_is_told_and_no_secret_with_it() {
        for (url, says) in [
            ("cold-snaps/boston", "is no URL"),
            ("s4://cold-snaps", "of no kind that is known"),
            ("https://s3.example.com/cold-snaps", "of no kind that is known"),
            ("s3:///boston", "names no bucket"),
            ("s3://cold snaps", "nothing follows"),
            ("s3://cold,snaps", "names no bucket"),
            ("s3://cold-snaps/a?region=b", "nothing follows"),
            ("s3://cold-snaps/a//b", "a part that is empty"),
            ("s3://cold-snaps/../b", "`..`"),
            ("file://var/lib", "three: `file:///folder`"),
            ("file:///", "names no folder"),
        ] {
            let error = Address::read(url).unwrap_err();
            assert!(error.contains(says) && error.contains(url), "{url}: {error}");
        }
        let error = Address::read("s3://key:hunter2@cold-snaps/a").unwrap_err();
        assert!(error.contains("do not stand in the URL") && !error.contains("hunter2"), "{error}");
    }
}
