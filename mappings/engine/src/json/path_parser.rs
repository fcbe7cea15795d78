//! Reads the text of a path.

use super::path::{Path, Relation, Route, Step, Test};

/// Longest path, in bytes.
const PATH_BYTES_MAX: usize = 1_000;

/// Reads a path; the error says at which character what was expected.
pub(super) fn parse(text: &str) -> Result<Path, String> {
    if text.len() > PATH_BYTES_MAX {
        return Err(format!("a path has at most {PATH_BYTES_MAX} bytes"));
    }
    let mut parser = Parser { text, at: 0 };
    let mut alternatives = vec![parser.route()?];
    while parser.take("|") {
        alternatives.push(parser.route()?);
    }
    if parser.rest().is_empty() {
        Ok(Path { alternatives })
    } else {
        Err(parser.expected("`.`, `|` or the end"))
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn expected(&self, what: &str) -> String {
        let place = self.text.get(..self.at).unwrap_or_default().chars().count() + 1;
        format!(
            "in the path `{}`: expected {what} at character {place}",
            self.text
        )
    }

    fn skip_spaces(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// Takes a token if it comes next, with the spaces around it.
    fn take(&mut self, token: &str) -> bool {
        self.skip_spaces();
        let next = self.rest().starts_with(token);
        if next {
            self.at += token.len();
            self.skip_spaces();
        }
        next
    }

    fn need(&mut self, token: &str) -> Result<(), String> {
        if self.take(token) {
            Ok(())
        } else {
            Err(self.expected(&format!("`{token}`")))
        }
    }

    fn route(&mut self) -> Result<Route, String> {
        let from_resource = self.take("$.");
        Ok(Route {
            from_resource,
            steps: self.steps()?,
        })
    }

    fn steps(&mut self) -> Result<Vec<Step>, String> {
        let mut steps = Vec::new();
        loop {
            self.step(&mut steps)?;
            if !self.take(".") {
                return Ok(steps);
            }
        }
    }

    fn step(&mut self, steps: &mut Vec<Step>) -> Result<(), String> {
        let name = self.name()?;
        if self.take("(") {
            return self.call(name, steps);
        }
        if self.take("[x]") {
            steps.push(Step::Choice(name.into()));
            return Ok(());
        }
        steps.push(Step::Member(name.into()));
        if self.take("[") {
            let digits: String = self
                .rest()
                .chars()
                .take_while(char::is_ascii_digit)
                .collect();
            self.at += digits.len();
            steps.push(Step::Index(
                digits
                    .parse()
                    .map_err(|_| self.expected("a number or `x`"))?,
            ));
            self.need("]")?;
        }
        Ok(())
    }

    fn call(&mut self, name: &str, steps: &mut Vec<Step>) -> Result<(), String> {
        match name {
            "first" if !steps.is_empty() => steps.push(Step::Index(0)),
            "where" if !steps.is_empty() => {
                let mut tests = vec![self.test()?];
                while self.take("and ") {
                    tests.push(self.test()?);
                }
                steps.push(Step::Where(tests));
            }
            "extension" => {
                let url = self.literal()?;
                let steps_of_test = vec![Step::Member("url".into())];
                steps.push(Step::Member("extension".into()));
                steps.push(Step::Where(vec![Test {
                    steps: steps_of_test,
                    relation: Relation::Is,
                    values: vec![url],
                }]));
            }
            _ => {
                return Err(self.expected(
                    "after a member, one of `first()`, `where(...)`, `extension('...')`",
                ));
            }
        }
        self.need(")")
    }

    fn test(&mut self) -> Result<Test, String> {
        let steps = self.steps()?;
        let relation = if self.take("!=") {
            Relation::IsNot
        } else if self.take("=") {
            Relation::Is
        } else if self.take("~") {
            Relation::Begins
        } else if self.take("in ") || self.rest().starts_with("in(") && self.take("in") {
            return self.listed(steps);
        } else {
            return Err(self.expected("`=`, `!=`, `~` or `in`"));
        };
        Ok(Test {
            steps,
            relation,
            values: vec![self.literal()?],
        })
    }

    fn listed(&mut self, steps: Vec<Step>) -> Result<Test, String> {
        self.need("(")?;
        let mut values = vec![self.literal()?];
        while self.take(",") {
            values.push(self.literal()?);
        }
        self.need(")")?;
        Ok(Test {
            steps,
            relation: Relation::Is,
            values,
        })
    }

    fn literal(&mut self) -> Result<Box<str>, String> {
        self.skip_spaces();
        let rest = self.rest();
        let inner = rest
            .strip_prefix('\'')
            .ok_or_else(|| self.expected("a text in single quotes"))?;
        let end = inner
            .find('\'')
            .ok_or_else(|| self.expected("a closing single quote"))?;
        self.at += end + 2;
        self.skip_spaces();
        Ok(inner[..end].into())
    }

    fn name(&mut self) -> Result<&'a str, String> {
        self.skip_spaces();
        let rest = self.rest();
        let end = rest
            .find(|character: char| !(character.is_ascii_alphanumeric() || character == '_'))
            .unwrap_or(rest.len());
        if end == 0 {
            return Err(self.expected("a member's name"));
        }
        self.at += end;
        Ok(&rest[..end])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_named_with_its_place() {
        let check = |text: &str, expected: &str| {
            let message = parse(text).unwrap_err();
            assert!(message.contains(expected), "{text}: {message}");
        };
        check("", "a member's name at character 1");
        check("a..b", "a member's name at character 3");
        check("a.where(b)", "`=`, `!=`, `~` or `in` at character 10");
        check("a.where(b = c)", "a text in single quotes at character 13");
        check("a.where(b = 'c'", "`)` at character 16");
        check("a[y]", "a number or `x` at character 3");
        check("a.last()", "one of `first()`");
        check("a b", "`.`, `|` or the end at character 3");
    }
}
