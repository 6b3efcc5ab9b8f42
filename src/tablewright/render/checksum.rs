//! SHA-256 in hexadecimal.

use sha2::{Digest as _, Sha256};

/// Returns the SHA-256 of bytes in hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
