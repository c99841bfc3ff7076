//! Reads a page's query, and makes links to the same page with another one.
//!
//! Invariant: what is not known is left out of links, so nothing foreign is carried on.

use earnest_core::Status;
use earnest_core::units::Timestamp;
use http::Uri;

/// The query of a page.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    path: String,
    given: Vec<(String, String)>,
}

impl Query {
    /// Reads what of a query is known here.
    pub(crate) fn of(uri: &Uri, known: &[&str]) -> Self {
        Self::read(uri, known, 500)
    }

    /// Reads what of a query is known here, where a value may be a token.
    pub(crate) fn of_long(uri: &Uri, known: &[&str]) -> Self {
        Self::read(uri, known, 8_192)
    }

    fn read(uri: &Uri, known: &[&str], most: usize) -> Self {
        let query = uri.query().unwrap_or_default();
        let given = form_urlencoded::parse(query.as_bytes());
        let given = given
            .filter(|(name, value)| known.contains(&&**name) && !value.trim().is_empty())
            .map(|(name, value)| (name.into_owned(), value.trim().chars().take(most).collect()));
        Self {
            path: uri.path().to_owned(),
            given: given.collect(),
        }
    }

    /// Returns a parameter's text; nothing where it is empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.given.iter().find(|(given, _)| given == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Returns everything that was chosen under a name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let given = self.given.iter();
        given
            .filter(move |(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    }

    /// Returns a parameter's text, or an empty one.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// Returns a place in a list.
    pub(crate) fn place(&self, name: &str) -> Option<u64> {
        self.get(name)?.parse().ok()
    }

    /// Returns a status.
    pub(crate) fn status(&self) -> Option<Status> {
        const ALL: [Status; 3] = [Status::Pending, Status::Responded, Status::Lapsed];
        let named = self.get("status")?;
        ALL.into_iter().find(|status| status.name() == named)
    }

    /// Returns the first instant of the day that a date field names, so many days later.
    pub(crate) fn date(&self, name: &str, later: i64) -> Option<Timestamp> {
        let day = Timestamp::parse(&format!("{}T00:00:00Z", self.get(name)?)).ok()?;
        Some(day.plus_millis(later * crate::words::DAY))
    }

    /// Returns the link to this page with some parameters changed; nothing leaves one out.
    pub(crate) fn with(&self, changes: &[(&str, Option<&str>)]) -> String {
        self.link(&self.path, changes)
    }

    /// Returns a link to another path with this page's parameters, some of them changed.
    pub(crate) fn link(&self, path: &str, changes: &[(&str, Option<&str>)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in &self.given {
            if !changes.iter().any(|(changed, _)| changed == name) {
                query.append_pair(name, value);
            }
        }
        for (name, value) in changes {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        match query.is_empty() {
            true => path.to_owned(),
            false => format!("{path}?{query}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_changes_what_it_names_and_carries_nothing_foreign() {
        let uri: Uri = "/sent?status=pending&q=a%20b&utm=x&after=9"
            .parse()
            .unwrap();
        let query = Query::of(&uri, &["status", "q", "after"]);
        assert_eq!(
            query.with(&[("after", Some("17"))]),
            "/sent?status=pending&q=a+b&after=17"
        );
        assert_eq!(
            query.with(&[("status", None), ("q", None), ("after", None)]),
            "/sent"
        );
    }
}
