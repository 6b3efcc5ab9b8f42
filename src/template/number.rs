//! Parses numbers of YAML 1.1, by the patterns of SnakeYAML's `Resolver`.
//!
//! The doc comment of each matching function is its pattern, for the text without a sign. Integers are never rounded.

use serde_json::Number;

/// Parses a plain scalar as a number. Returns `None` if it is not a number, or neither a 64-bit integer nor a finite float.
pub(crate) fn read(text: &str) -> Option<Number> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return None;
    }
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut digits = unsigned.to_owned();
    digits.retain(|c| c != '_');
    if let Some(radix) = integer_radix(unsigned) {
        let magnitude = match radix {
            Radix::Prefixed(radix) => i128::from_str_radix(digits.get(2..)?, radix).ok()?,
            Radix::Octal => i128::from_str_radix(&digits, 8).ok()?,
            Radix::Decimal => digits.parse().ok()?,
            Radix::Sexagesimal => sexagesimal(&digits)?,
        };
        return Number::from_i128(if negative { -magnitude } else { magnitude });
    }
    let magnitude =
        if is_float(unsigned) { digits.parse().ok()? } else { sexagesimal_float(unsigned, &digits)? };
    Number::from_f64(if negative { -magnitude } else { magnitude })
}

enum Radix {
    /// `0b` or `0x`.
    Prefixed(u32),
    Octal,
    Decimal,
    Sexagesimal,
}

/// `0b[01_]+ | 0[0-7_]+ | 0 | [1-9][0-9_]* | 0x[0-9a-fA-F_]+ | [1-9][0-9_]*(:[0-5]?[0-9])+`
fn integer_radix(unsigned: &str) -> Option<Radix> {
    let all = |text: &str, fits: fn(char) -> bool| text.chars().all(|c| c == '_' || fits(c));
    if let Some(rest) = unsigned.strip_prefix('0') {
        return match (rest.strip_prefix('b'), rest.strip_prefix('x')) {
            (Some(bits), _) => all(bits, |c| matches!(c, '0' | '1')).then_some(Radix::Prefixed(2)),
            (_, Some(hex)) => all(hex, |c| c.is_ascii_hexdigit()).then_some(Radix::Prefixed(16)),
            (None, None) => all(rest, |c| matches!(c, '0'..='7')).then_some(Radix::Octal),
        };
    }
    if !unsigned.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (first, rest) =
        unsigned.split_once(':').map_or((unsigned, None), |(first, rest)| (first, Some(rest)));
    if !all(first, |c| c.is_ascii_digit()) {
        return None;
    }
    match rest {
        None => Some(Radix::Decimal),
        Some(rest) => rest.split(':').all(is_sixtieth).then_some(Radix::Sexagesimal),
    }
}

/// A digit group of a base 60 number, `[0-5]?[0-9]`.
fn is_sixtieth(text: &str) -> bool {
    matches!(text.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9'])
}

fn sexagesimal(digits: &str) -> Option<i128> {
    digits.split(':').try_fold(0_i128, |sum, place| sum.checked_mul(60)?.checked_add(place.parse().ok()?))
}

/// `(\.[0-9]+ | [0-9_]+(\.[0-9_]*)?)([eE][-+]?[0-9]+)?`
///
/// Also matches digits with a leading zero that are not octal. CloudFormation converts such an account id to `1.2345678901E10`
/// (aws-cli#6908, aws-service-catalog-factory#128).
fn is_float(unsigned: &str) -> bool {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let exponent_fits = exponent.is_none_or(|text| is_digits(text.strip_prefix(['-', '+']).unwrap_or(text)));
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", fraction)) => is_digits(fraction),
        Some((whole, fraction)) => is_grouped(whole) && (fraction.is_empty() || is_grouped(fraction)),
        None => is_grouped(mantissa),
    };
    mantissa_fits && exponent_fits
}

/// `[0-9_]+`
fn is_grouped(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'_')
}

/// `[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*`
fn sexagesimal_float(unsigned: &str, digits: &str) -> Option<f64> {
    let (whole, fraction) = unsigned.split_once('.')?;
    let (first, places) = whole.split_once(':')?;
    let fits = first.starts_with(|c: char| c.is_ascii_digit())
        && is_grouped(first)
        && places.split(':').all(is_sixtieth)
        && (fraction.is_empty() || is_grouped(fraction));
    if !fits {
        return None;
    }
    digits.split(':').try_fold(0.0, |sum, place| Some(sum * 60.0 + place.parse::<f64>().ok()?))
}
