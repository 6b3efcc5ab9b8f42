//! The environment that the stacks crate is built in.
//!
//! Build scripts and procedural macros of every dependency run during a build, and read what is in its environment. So a build gets the
//! variables that cargo, compilers and linkers need, by an allow list, and neither credentials of AWS nor tokens of a CI system. What
//! else a build needs is named by `build.env` in tablewright.toml.

use std::ffi::OsString;

/// Names of variables that a build gets. A `*` at the end stands for any rest.
const ALLOWED: &[&str] = &[
    // The system, the user's folders, the language of messages.
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "PWD",
    "HOSTNAME",
    "TMPDIR",
    "TMP",
    "TEMP",
    "TZ",
    "LANG",
    "LANGUAGE",
    "LC_*",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "SOURCE_DATE_EPOCH",
    "CI",
    // The terminal.
    "TERM",
    "COLORTERM",
    "COLUMNS",
    "NO_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "FORCE_COLOR",
    // cargo, without those that `cargo run` sets about the tool's own package, and without the tokens of registries.
    "CARGO_HOME",
    "CARGO_TARGET_DIR",
    "CARGO_INCREMENTAL",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_CACHE_RUSTC_INFO",
    "CARGO_BUILD_*",
    "CARGO_HTTP_*",
    "CARGO_NET_*",
    "CARGO_PROFILE_*",
    "CARGO_TARGET_*",
    "CARGO_TERM_*",
    "CARGO_UNSTABLE_*",
    // rustc and rustup; not RUSTUP_TOOLCHAIN, which a rustup around the tool has set for the tool.
    "RUSTC",
    "RUSTC_*",
    "RUSTDOC",
    "RUSTFLAGS",
    "RUSTDOCFLAGS",
    "RUST_*",
    "RUSTUP_HOME",
    "RUSTUP_DIST_SERVER",
    "RUSTUP_UPDATE_ROOT",
    // Caches of compilers; what opens a remote one has to be named.
    "SCCACHE_DIR",
    "SCCACHE_CACHE_SIZE",
    "SCCACHE_CONF",
    "SCCACHE_ERROR_LOG",
    "SCCACHE_IDLE_TIMEOUT",
    "SCCACHE_LOG",
    "SCCACHE_NO_DAEMON",
    "SCCACHE_SERVER_PORT",
    "SCCACHE_SERVER_UDS",
    "CCACHE_DIR",
    // Compilers and linkers of C, and how libraries are found.
    "CC",
    "CC_*",
    "CXX",
    "CXX_*",
    "AR",
    "AR_*",
    "LD",
    "NM",
    "RANLIB",
    "CFLAGS",
    "CFLAGS_*",
    "CXXFLAGS",
    "CXXFLAGS_*",
    "CPPFLAGS",
    "LDFLAGS",
    "HOST_CC",
    "HOST_CXX",
    "HOST_AR",
    "HOST_CFLAGS",
    "TARGET_CC",
    "TARGET_CXX",
    "TARGET_AR",
    "TARGET_CFLAGS",
    "CROSS_COMPILE",
    "CRATE_CC_NO_DEFAULTS",
    "MAKEFLAGS",
    "CMAKE",
    "CMAKE_*",
    "PKG_CONFIG",
    "PKG_CONFIG_*",
    "CPATH",
    "C_INCLUDE_PATH",
    "CPLUS_INCLUDE_PATH",
    "LIBRARY_PATH",
    "LIBCLANG_PATH",
    "LLVM_CONFIG_PATH",
    "CLANG_PATH",
    "BINDGEN_EXTRA_CLANG_ARGS",
    "BINDGEN_EXTRA_CLANG_ARGS_*",
    "OPENSSL_DIR",
    "OPENSSL_LIB_DIR",
    "OPENSSL_INCLUDE_DIR",
    "OPENSSL_NO_VENDOR",
    "OPENSSL_STATIC",
    "PROTOC",
    "PROTOC_INCLUDE",
    "PYTHON",
    "SDKROOT",
    "DEVELOPER_DIR",
    "MACOSX_DEPLOYMENT_TARGET",
    "IN_NIX_SHELL",
    "NIX_BINTOOLS*",
    "NIX_CC*",
    "NIX_CFLAGS_*",
    "NIX_ENFORCE_PURITY",
    "NIX_HARDENING_ENABLE",
    "NIX_LDFLAGS*",
    "NIX_STORE",
    // Downloads of dependencies.
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NIX_SSL_CERT_FILE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "GIT_EXEC_PATH",
    // Windows.
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "WINDIR",
    "COMSPEC",
    "PATHEXT",
    "OS",
    "USERPROFILE",
    "USERNAME",
    "HOMEDRIVE",
    "HOMEPATH",
    "APPDATA",
    "LOCALAPPDATA",
    "PROGRAMDATA",
    "PROGRAMFILES*",
    "COMMONPROGRAMFILES*",
    "NUMBER_OF_PROCESSORS",
    "PROCESSOR_*",
    "INCLUDE",
    "LIB",
    "LIBPATH",
    "VCINSTALLDIR",
    "VCTOOLSINSTALLDIR",
    "VCTOOLSVERSION",
    "VSINSTALLDIR",
    "VISUALSTUDIOVERSION",
    "WINDOWSSDK*",
    "UCRTVERSION",
    "UNIVERSALCRTSDKDIR",
];

/// Returns those variables of this process that a build gets: the allowed ones, and those that `named` names in addition.
pub(super) fn build_env(named: &[String]) -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os().filter(|(name, _)| {
        // A name that is not Unicode is on no list.
        name.to_str().is_some_and(|name| is_allowed(name, named))
    })
}

fn is_allowed(name: &str, named: &[String]) -> bool {
    ALLOWED.iter().copied().chain(named.iter().map(String::as_str)).any(|pattern| matches(pattern, name))
}

/// Compares without case: Windows has no case in names, and proxies are named in both.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)),
        None => name.eq_ignore_ascii_case(pattern),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_and_tokens_are_not_allowed() {
        for name in [
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN",
            "AWS_PROFILE",
            "GITHUB_TOKEN",
            "GH_TOKEN",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
            "ACTIONS_RUNTIME_TOKEN",
            "CI_JOB_TOKEN",
            "CI_JOB_JWT",
            "CARGO_REGISTRY_TOKEN",
            "CARGO_REGISTRIES_OURS_TOKEN",
            "CARGO_PKG_NAME",
            "RUSTUP_TOOLCHAIN",
            "SSH_AUTH_SOCK",
            "NPM_TOKEN",
            "NIX_CONFIG",
            "SCCACHE_WEBDAV_TOKEN",
            "VAULT_TOKEN",
            "LD_PRELOAD",
            "",
        ] {
            assert!(!is_allowed(name, &[]), "{name}");
        }
    }

    #[test]
    fn what_builds_need_is_allowed_and_more_can_be_named() {
        for name in [
            "PATH",
            "Path",
            "https_proxy",
            "HTTPS_PROXY",
            "CARGO_HOME",
            "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER",
            "CARGO_PROFILE_DEV_DEBUG",
            "RUSTC_WRAPPER",
            "RUST_BACKTRACE",
            "CC_x86_64-unknown-linux-musl",
            "PKG_CONFIG_PATH",
            "LC_ALL",
            "ProgramFiles(x86)",
        ] {
            assert!(is_allowed(name, &[]), "{name}");
        }
        let named = ["OUR_SDK".to_owned(), "ORT_*".to_owned()];
        for (name, allowed) in
            [("OUR_SDK", true), ("OUR_SDK_TOKEN", false), ("ORT_LIB", true), ("ORT", false)]
        {
            assert_eq!(is_allowed(name, &named), allowed, "{name}");
        }
    }
}
