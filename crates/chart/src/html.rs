//! Writes text into HTML and SVG.
//!
//! Owns: escaping. Invariant: what it returns can stand as text and in a quoted attribute, and never ends either; a
//! number and its per cent sign stay on one line.

/// Returns the text as it stands in a page, or in the quoted attribute of one.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            ' ' if characters.peek() == Some(&'%') => safe.push('\u{a0}'),
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // XML has no way to write most control characters.
            control if control.is_control() && !matches!(control, '\n' | '\t') => safe.push(' '),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_place() {
        assert_eq!(
            escaped("<b a=\"1\" c='2'> & \u{0}"),
            "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt; &amp;  "
        );
        assert_eq!(escaped("20 to 30 % of 5"), "20 to 30\u{a0}% of 5");
    }
}
