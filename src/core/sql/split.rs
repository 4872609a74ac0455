//! Cuts a source into statements and parses each.
//!
//! The cut follows psql's rules (a semicolon outside of quotes and of `BEGIN ATOMIC` bodies), so that one statement
//! that the grammar refuses leaves the others alone; what each piece means is the grammar's to say.

use std::ops::Range;

use crate::core::feature::Source;
use crate::core::problem::{Position, Problem, Severity};
use crate::core::sql::lex::{Lexer, Token, TokenKind};
use crate::core::sql::markers::{self, Marker};
use crate::core::sql::noise::{self, Command, Section};
use crate::core::sql::{encoding, parse, syntax_error};

pub use piece::Piece;

/// The longest statement that is parsed, in bytes: its tree takes up to a hundred times as much.
const MOST_BYTES: usize = 4 << 20;

/// One statement of a source. What is planned later is the slice of the source's text, never deparsed SQL.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// Where it starts: source and line.
    pub position: Position,
    /// Its bytes in the text of the source, from its first to its last token, without the semicolon.
    pub range: Range<usize>,
    /// The feature that a marker (`-- schema-audit: feature NAME`) put it under, if one did.
    pub feature: Option<String>,
    /// What markers before it say about planning it.
    pub markers: PlanMarkers,
    /// Its parse tree.
    pub node: pg_query::protobuf::Node,
}

/// What markers say about planning one statement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanMarkers {
    /// `when-missing COMPONENT`: it is planned if, and only if, that component is missing.
    pub when_missing: Option<String>,
    /// `allow-destructive REASON`: it may destroy what is there.
    pub allow_destructive: Option<String>,
}

/// Cuts `source` into statements and parses each. What could not be read is a problem with its line; the others are
/// still there. Problems carry an empty set and no feature: the caller knows them.
///
/// Holds the trees of all statements at once; [`read`] takes a hundredth of the memory.
#[must_use]
pub fn split(source: &Source) -> (Vec<Statement>, Vec<Problem>) {
    let mut statements = Vec::new();
    let problems = read(source, &mut |statement| statements.push(statement));
    (statements, problems)
}

/// As [`split`], but hands each statement over as soon as it is read, so that one tree at a time need be held.
pub fn read(source: &Source, each: &mut dyn FnMut(Statement)) -> Vec<Problem> {
    let text = match Text::of(source) {
        Ok(text) => text,
        Err(problem) => return vec![problem],
    };
    let mut problems = Vec::new();
    text.cut(&mut |cut| match text.statements(&cut) {
        Ok(statements) => statements.into_iter().for_each(&mut *each),
        Err(problem) => problems.push(problem),
    });
    problems
}

/// The features that markers of a source put statements under, in the order of their first statements.
#[must_use]
pub fn marked_features(source: &Source) -> Vec<String> {
    if !source.text.contains(markers::PREFIX) {
        return Vec::new();
    }
    let nobody = &mut |_| {};
    Text::of(source).map_or_else(|_| Vec::new(), |text| Cutter::new(&text, nobody).run())
}

/// What comes next in a source, to be parsed by whoever has the time.
#[derive(Debug, Clone)]
pub enum Cut {
    /// A statement, by its place in the text.
    Statement(Piece),
    /// Something that cannot be read.
    Problem(Problem),
}

impl Cut {
    /// How many bytes of text are to be parsed.
    #[must_use]
    pub fn bytes(&self) -> usize {
        match self {
            Self::Statement(piece) => piece.range.len(),
            Self::Problem(_) => 0,
        }
    }
}

/// A source that is read: its text, and where its lines are.
#[derive(Debug)]
pub struct Text<'a> {
    source: &'a Source,
    sql: &'a str,
    /// The offset at which each line starts.
    lines: Vec<usize>,
}

impl<'a> Text<'a> {
    /// Takes the text of a source, or says why nobody can read it.
    ///
    /// # Errors
    /// If it is no UTF-8 at all.
    pub fn of(source: &'a Source) -> Result<Self, Problem> {
        let text: &str = &source.text;
        let line_ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let read = Self { source, sql: text, lines: std::iter::once(0).chain(line_ends).collect() };
        match encoding::reason_not_read(text) {
            Some(reason) => Err(read.problem(0, Severity::Error, reason.to_owned())),
            None => Ok(read),
        }
    }

    /// Cuts it into statements and what is wrong between them, in their order.
    pub fn cut(&self, each: &mut dyn FnMut(Cut)) {
        Cutter::new(self, each).run();
    }

    /// Parses what was cut. Gives more than one statement only where a semicolon was taken for a part of a `BEGIN ATOMIC`
    /// body.
    ///
    /// # Errors
    /// With the problem that it is, or that the grammar has with it.
    pub fn statements(&self, cut: &Cut) -> Result<Vec<Statement>, Problem> {
        let piece = match cut {
            Cut::Statement(piece) => piece,
            Cut::Problem(problem) => return Err(problem.clone()),
        };
        let text = &self.sql[piece.range.clone()];
        let tree = parse::parse(text).map_err(|error| self.syntax_error(piece, &error))?;
        let statement = |raw: pg_query::protobuf::RawStmt| {
            let node = *raw.stmt?;
            let start = usize::try_from(raw.stmt_location).unwrap_or(0);
            let length = usize::try_from(raw.stmt_len).ok().filter(|length| *length > 0);
            let end = length.map_or(text.len(), |length| start + length).min(text.len());
            let range = piece.range.start + start..piece.range.start + end;
            let position = self.position(range.start);
            let (feature, markers) = (piece.feature.clone(), piece.markers.clone());
            Some(Statement { position, range, feature, markers, node })
        };
        Ok(tree.stmts.into_iter().filter_map(statement).collect())
    }

    fn syntax_error(&self, piece: &Piece, error: &str) -> Problem {
        let (offset, message) = syntax_error::explain(&self.sql[piece.range.clone()], error);
        let offset = piece.range.start + offset;
        let (first, line) = (self.line(piece.range.start), self.line(offset));
        let begun = if first == line {
            String::new()
        } else {
            format!(", in the statement that starts in line {first}")
        };
        self.problem(offset, Severity::Error, format!("{message}{begun}"))
    }

    fn line(&self, offset: usize) -> u32 {
        u32::try_from(self.lines.partition_point(|start| *start <= offset)).unwrap_or(u32::MAX)
    }

    fn position(&self, offset: usize) -> Position {
        Position { source: self.source.name.clone(), line: self.line(offset) }
    }

    fn problem(&self, offset: usize, severity: Severity, message: String) -> Problem {
        let position = Some(self.position(offset));
        Problem { severity, set: "".into(), feature: None, position, message }
    }
}

/// The state of cutting one text.
struct Cutter<'a> {
    read: &'a Text<'a>,
    text: &'a str,
    lexer: Lexer<'a>,
    each: &'a mut dyn FnMut(Cut),
    feature: Option<String>,
    ignore_next: bool,
    for_next: PlanMarkers,
    piece: Option<Piece>,
    /// The features that statements were put under so far.
    marked: Vec<String>,
}

impl<'a> Cutter<'a> {
    fn new(read: &'a Text<'a>, each: &'a mut dyn FnMut(Cut)) -> Self {
        let mut lexer = Lexer::new(read.sql);
        if read.sql.starts_with('\u{feff}') {
            lexer.skip_to('\u{feff}'.len_utf8());
        }
        Self {
            read,
            text: read.sql,
            lexer,
            each,
            feature: None,
            ignore_next: false,
            for_next: PlanMarkers::default(),
            piece: None,
            marked: Vec::new(),
        }
    }

    /// Cuts the text to its end. Gives the features that its statements were put under.
    fn run(mut self) -> Vec<String> {
        while let Some(token) = self.lexer.next() {
            match token.kind {
                TokenKind::LineComment => self.line_comment(&token),
                TokenKind::BlockComment if !token.closed => {
                    self.problem(token.range.start, Severity::Error, "unterminated /* comment".to_owned());
                }
                TokenKind::BlockComment => {}
                TokenKind::Backslash => self.psql_command(&token),
                TokenKind::Semicolon if self.piece.as_ref().is_none_or(Piece::ends_at_semicolon) => {
                    self.finish();
                }
                _ => self.token(&token),
            }
        }
        self.finish();
        self.marked
    }

    fn token(&mut self, token: &Token) {
        let text = &self.text[token.range.clone()];
        let piece = self.piece.get_or_insert_with(|| Piece {
            range: token.range.clone(),
            feature: self.feature.clone(),
            ignored: std::mem::take(&mut self.ignore_next),
            markers: std::mem::take(&mut self.for_next),
            words: Vec::new(),
            parentheses: 0,
            begins: 0,
            from: false,
            from_stdin: false,
            unreadable: None,
        });
        piece.add(token, text);
    }

    fn line_comment(&mut self, token: &Token) {
        let comment = &self.text[token.range.clone()];
        match markers::marker(comment) {
            Some(Marker::Feature(name)) => self.feature = Some(name),
            Some(Marker::Ignore) => self.ignore_next = true,
            Some(Marker::Unknown(message)) => self.problem(token.range.start, Severity::Error, message),
            Some(Marker::WhenMissing(component)) => self.for_next.when_missing = Some(component),
            Some(Marker::AllowDestructive(reason)) => self.for_next.allow_destructive = Some(reason),
            None => {}
        }
        if noise::section(comment) == Some(Section::Down) {
            self.finish();
            self.lexer.skip_to(noise::end_of_section(self.text, token.range.end));
        }
    }

    fn psql_command(&mut self, token: &Token) {
        let start = token.range.start;
        let line_end = self.text[start..].find(['\n', '\r']).map_or(self.text.len(), |at| start + at);
        let line = &self.text[start..line_end];
        let command = noise::psql_command(line);
        // `\;` separates statements of one line; every other command takes its whole line.
        self.lexer.skip_to(if line.starts_with("\\;") { start + 2 } else { line_end });
        match command {
            Command::EndsStatement(words) => {
                self.finish();
                if let Some(words) = words {
                    self.problem(start, Severity::NotModelled, format!("{words} is not modelled"));
                }
            }
            Command::NotModelled(words) => {
                self.problem(start, Severity::NotModelled, format!("{words} is not modelled"));
                self.break_piece(start, line);
            }
            Command::Harmless => self.break_piece(start, line),
        }
    }

    /// A psql command in the middle of a statement: the slice of the text is then no SQL.
    fn break_piece(&mut self, start: usize, line: &str) {
        if let Some(piece) = &mut self.piece {
            let command = line.split_whitespace().next().unwrap_or(line);
            let message = format!("psql's {command} stands in the middle of a statement: move it before");
            piece.unreadable.get_or_insert((start, message));
        }
    }

    fn finish(&mut self) {
        let Some(piece) = self.piece.take() else { return };
        if piece.from_stdin {
            if let Some(end) = noise::end_of_copy_data(self.text, piece.range.end) {
                self.lexer.skip_to(end);
            } else {
                let message = "the data of COPY ... FROM stdin do not end with a line of \\. alone";
                self.problem(piece.range.start, Severity::Error, message.to_owned());
                self.lexer.skip_to(self.text.len());
            }
        }
        if piece.ignored {
            return;
        }
        if let Some(name) = piece.feature.as_ref().filter(|name| !self.marked.contains(name)) {
            self.marked.push(name.clone());
        }
        if let Some((offset, message)) = self.no_text(&piece).or_else(|| piece.unreadable.clone()) {
            return self.problem(offset, Severity::Error, message);
        }
        if piece.range.len() > MOST_BYTES {
            return self.too_long(&piece);
        }
        (self.each)(Cut::Statement(piece));
    }

    /// Rows are data, which is not what an audit is for; of anything else, a part of the requirement is lost.
    fn too_long(&mut self, piece: &Piece) {
        let most = MOST_BYTES >> 20;
        let (severity, message) = if piece.starts_with(&["insert"]) {
            (Severity::NotModelled, format!("INSERT of more than {most} MiB is not audited by this version"))
        } else {
            (
                Severity::Error,
                format!("this statement is longer than {most} MiB, which is the most that is read"),
            )
        };
        self.problem(piece.range.start, severity, message);
    }

    /// What in a statement is no text at all, and where.
    fn no_text(&self, piece: &Piece) -> Option<(usize, String)> {
        let text = &self.text[piece.range.clone()];
        let is_plain = |byte: &u8| *byte != 0 && *byte < 0xf4;
        if text.as_bytes().iter().all(is_plain) {
            return None;
        }
        let odd = |c: char| c == '\0' || encoding::byte(c).is_some();
        let (at, character) = text.char_indices().find(|(_, c)| odd(*c))?;
        let offset = piece.range.start + at;
        let message = match encoding::byte(character) {
            None => "there is a NUL byte, which PostgreSQL takes in no text: is the file UTF-16?".to_owned(),
            Some(byte) => {
                let start = self.text[..offset].rfind('\n').map_or(0, |end| end + 1);
                let width = |c: char| if odd(c) { 1 } else { c.len_utf8() };
                let place = self.text[start..offset].chars().map(width).sum::<usize>() + 1;
                format!("byte {place} of this line, 0x{byte:02X}, is not UTF-8 text; save the file as UTF-8")
            }
        };
        Some((offset, message))
    }

    fn problem(&mut self, offset: usize, severity: Severity, message: String) {
        (self.each)(Cut::Problem(self.read.problem(offset, severity, message)));
    }
}

mod piece;
#[cfg(test)]
mod tests;
