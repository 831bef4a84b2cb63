//! Tokens → tree, by recursive descent over the part of CEL's grammar that conditions use.
//! Depth, list length and source length are bounded, so hostile text costs a clear error and
//! nothing else. Why not an existing parser: `docs/adr/0004-condition-parser.md`.

use crate::{
    error::{Fault, Located},
    lex::{Placed, Token, tokens},
};

/// A policy's longest condition; far above what a person can read.
pub const MAX_SOURCE_BYTES: usize = 4096;
/// Brackets, calls and negations inside each other.
pub const MAX_DEPTH: usize = 64;
pub const MAX_LIST_ITEMS: usize = 1000;

/// A syntax node and the byte at which it begins.
#[derive(Debug, Clone)]
pub(crate) struct Ast<'s> {
    pub at: usize,
    pub kind: AstKind<'s>,
}

#[derive(Debug, Clone)]
pub(crate) enum AstKind<'s> {
    /// `lead.country`: the parts between the dots.
    Path(Vec<&'s str>),
    Text(Box<str>),
    Number {
        negative: bool,
        text: &'s str,
    },
    Bool(bool),
    Null,
    List(Vec<Ast<'s>>),
    Call {
        target: Option<Box<Ast<'s>>>,
        name: &'s str,
        arguments: Vec<Ast<'s>>,
    },
    Not(Box<Ast<'s>>),
    Relation {
        left: Box<Ast<'s>>,
        sign: &'s str,
        sign_at: usize,
        right: Box<Ast<'s>>,
    },
    All(Vec<Ast<'s>>),
    Any(Vec<Ast<'s>>),
}

impl Ast<'_> {
    /// How an error calls it.
    pub fn describe(&self) -> Box<str> {
        match &self.kind {
            AstKind::Path(parts) => format!("the field '{}'", parts.join(".")).into(),
            AstKind::Text(text) => format!("the text \"{text}\"").into(),
            AstKind::Number { negative, text } => {
                format!("the number {}{text}", if *negative { "-" } else { "" }).into()
            }
            AstKind::Bool(b) => b.to_string().into(),
            AstKind::Null => "null".into(),
            AstKind::List(_) => "a list".into(),
            AstKind::Call { name, .. } => format!("'{name}(…)'").into(),
            _ => "a condition".into(),
        }
    }
}

pub(crate) fn parse(source: &str) -> Result<Ast<'_>, Located> {
    if source.len() > MAX_SOURCE_BYTES {
        return Err(Located::new(0, Fault::TooLong { bytes: source.len(), limit: MAX_SOURCE_BYTES }));
    }
    let mut parser = Parser { tokens: tokens(source)?, next: 0, depth: 0 };
    let tree = parser.any()?;
    match parser.peek() {
        Token::End => Ok(tree),
        _ => Err(parser.unexpected("an operator or the end")),
    }
}

struct Parser<'s> {
    /// Ends with [`Token::End`], which is never passed.
    tokens: Vec<Placed<'s>>,
    next: usize,
    depth: usize,
}

impl<'s> Parser<'s> {
    fn any(&mut self) -> Result<Ast<'s>, Located> {
        self.deeper(|p| p.joined("||", Self::all, AstKind::Any))
    }

    fn all(&mut self) -> Result<Ast<'s>, Located> {
        self.joined("&&", Self::relation, AstKind::All)
    }

    /// `part sign part sign …`: one flat node, however long.
    fn joined(
        &mut self,
        sign: &'static str,
        part: fn(&mut Self) -> Result<Ast<'s>, Located>,
        make: fn(Vec<Ast<'s>>) -> AstKind<'s>,
    ) -> Result<Ast<'s>, Located> {
        let first = part(self)?;
        if *self.peek() != Token::Sign(sign) {
            return Ok(first);
        }
        let at = first.at;
        let mut parts = vec![first];
        while self.take_sign(sign) {
            parts.push(part(self)?);
        }
        Ok(Ast { at, kind: make(parts) })
    }

    fn relation(&mut self) -> Result<Ast<'s>, Located> {
        let left = self.unary()?;
        let Some((sign, sign_at)) = self.relation_sign() else { return Ok(left) };
        let right = self.unary()?;
        if self.relation_sign().is_some() {
            self.next -= 1;
            let suggestion = "two comparisons joined by '&&'";
            return Err(self.unexpected("one comparison at a time").suggesting(suggestion));
        }
        Ok(Ast { at: left.at, kind: AstKind::Relation { left: left.into(), sign, sign_at, right: right.into() } })
    }

    fn relation_sign(&mut self) -> Option<(&'s str, usize)> {
        let Placed { at, token } = &self.tokens[self.next];
        let sign = match token {
            Token::Sign(sign @ ("==" | "!=" | "<" | "<=" | ">" | ">=")) => *sign,
            Token::Name("in") => "in",
            _ => return None,
        };
        let at = *at;
        self.next += 1;
        Some((sign, at))
    }

    fn unary(&mut self) -> Result<Ast<'s>, Located> {
        let at = self.at();
        if self.take_sign("!") {
            let inner = self.deeper(Self::unary)?;
            return Ok(Ast { at, kind: AstKind::Not(inner.into()) });
        }
        if !self.take_sign("-") {
            return self.member();
        }
        match *self.peek() {
            Token::Number(text) => {
                self.next += 1;
                Ok(Ast { at, kind: AstKind::Number { negative: true, text } })
            }
            _ => Err(self.unexpected("a number after '-'")),
        }
    }

    fn member(&mut self) -> Result<Ast<'s>, Located> {
        let mut node = self.primary()?;
        while self.take_sign(".") {
            let Token::Name(name) = *self.peek() else { return Err(self.unexpected("a name after '.'")) };
            self.next += 1;
            if self.take_sign("(") {
                let arguments = self.items(")")?;
                let at = node.at;
                // A call on the result of a call would nest without brackets.
                if matches!(node.kind, AstKind::Call { .. }) {
                    return Err(Located::new(at, Fault::Unsupported { what: "a call on the result of a call".into() }));
                }
                node = Ast { at, kind: AstKind::Call { target: Some(node.into()), name, arguments } };
            } else if let AstKind::Path(parts) = &mut node.kind {
                parts.push(name);
            } else {
                self.next -= 1;
                return Err(self.unexpected("an operator or the end"));
            }
        }
        Ok(node)
    }

    fn primary(&mut self) -> Result<Ast<'s>, Located> {
        let Placed { at, token } = self.tokens[self.next].clone();
        let kind = match token {
            Token::Text(text) => AstKind::Text(text),
            Token::Number(text) => AstKind::Number { negative: false, text },
            Token::Name("true") => AstKind::Bool(true),
            Token::Name("false") => AstKind::Bool(false),
            Token::Name("null") => AstKind::Null,
            Token::Name("not" | "NOT") => return Err(self.unexpected("a condition").suggesting("'!'")),
            Token::Name(name) => {
                self.next += 1;
                return if self.take_sign("(") {
                    Ok(Ast { at, kind: AstKind::Call { target: None, name, arguments: self.items(")")? } })
                } else {
                    Ok(Ast { at, kind: AstKind::Path(vec![name]) })
                };
            }
            Token::Sign("[") => {
                self.next += 1;
                return Ok(Ast { at, kind: AstKind::List(self.items("]")?) });
            }
            Token::Sign("(") => {
                self.next += 1;
                let inner = self.any()?;
                return if self.take_sign(")") { Ok(inner) } else { Err(self.unexpected("')'")) };
            }
            _ => return Err(self.unexpected("a field, a value or '('")),
        };
        self.next += 1;
        Ok(Ast { at, kind })
    }

    /// Comma-separated conditions or values up to `close`; a comma may stand before it.
    fn items(&mut self, close: &'static str) -> Result<Vec<Ast<'s>>, Located> {
        let mut items = Vec::new();
        while !self.take_sign(close) {
            if items.len() == MAX_LIST_ITEMS {
                return Err(Located::new(self.at(), Fault::ListTooLong { limit: MAX_LIST_ITEMS }));
            }
            items.push(self.any()?);
            if !self.take_sign(",") && *self.peek() != Token::Sign(close) {
                return Err(self.unexpected(if close == ")" { "',' or ')'" } else { "',' or ']'" }));
            }
        }
        Ok(items)
    }

    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, Located>) -> Result<T, Located> {
        if self.depth == MAX_DEPTH {
            return Err(Located::new(self.at(), Fault::TooDeep { limit: MAX_DEPTH }));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn peek(&self) -> &Token<'s> {
        &self.tokens[self.next].token
    }

    fn at(&self) -> usize {
        self.tokens[self.next].at
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Token::Sign(found) if *found == sign);
        self.next += usize::from(found);
        found
    }

    /// The error for the next token, with CEL's spelling for what other languages write there.
    fn unexpected(&self, expected: &'static str) -> Located {
        let token = self.peek();
        let unsupported = |what: &str| Located::new(self.at(), Fault::Unsupported { what: what.into() });
        match token {
            Token::Sign("+" | "-" | "*" | "/" | "%") => return unsupported("arithmetic"),
            Token::Sign("?" | ":") => return unsupported("'? :'").suggesting("'&&' and '||'"),
            Token::Sign("{" | "}") => return unsupported("a map"),
            _ => {}
        }
        let error = Located::new(self.at(), Fault::Syntax { found: token.show(), expected });
        match token {
            Token::Name("and" | "AND") => error.suggesting("'&&'"),
            Token::Name("or" | "OR") => error.suggesting("'||'"),
            Token::Name("not" | "NOT") => error.suggesting("'!' before the whole test"),
            Token::Name("is" | "IS") => error.suggesting("'=='"),
            _ => error,
        }
    }
}
