//! Names of tasks, which end with a NUL and live as long as their task.

use std::ffi::{CStr, CString, c_char};

const ROOM: usize = 31;

/// Short names need no allocation of their own.
pub(crate) enum Name {
    Short([u8; ROOM + 1]),
    Long(CString),
}

impl Name {
    pub(crate) fn new(name: &str) -> Self {
        if name.len() > ROOM || name.contains('\0') {
            return Self::Long(crate::error::c_string(name));
        }
        let mut bytes = [0; ROOM + 1];
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        Self::Short(bytes)
    }

    /// Valid while the name is not moved.
    pub(crate) fn as_ptr(&self) -> *const c_char {
        match self {
            Self::Short(bytes) => bytes.as_ptr().cast(),
            Self::Long(text) => text.as_ptr(),
        }
    }

    pub(crate) fn to_text(&self) -> String {
        let text = match self {
            Self::Short(bytes) => CStr::from_bytes_until_nul(bytes).unwrap_or_default(),
            Self::Long(text) => text,
        };
        text.to_string_lossy().into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_with_nul_whatever_its_length() {
        for name in ["", "a", &"x".repeat(ROOM), &"x".repeat(ROOM + 1), "with\0nul"] {
            let made = Name::new(name);
            // SAFETY: `made` lives, and its text ends with NUL.
            let text = unsafe { CStr::from_ptr(made.as_ptr()) }.to_str().unwrap();
            assert_eq!(text, name.replace('\0', "\u{fffd}"));
        }
    }
}
