//! A cursor, and what is asked at it.

use std::sync::Arc;

use nival_engine::{Cancellable, FilePosition, Snapshot};
use nival_shape::{Shapes, Thunk};
use nival_source::{Db, SourceFile};
use nival_syntax::flat::{FlatTree, Node, Token};
use nival_syntax::{SyntaxKind, TextRange, TextSize, TreeNode};

use super::names::KEYWORDS;
use crate::cursor::FileView;
use crate::facts::with_shapes;
use crate::tree::touching_token;

/// A cursor, and the text around it made whole.
pub(super) struct At<'a> {
    pub snapshot: &'a Snapshot,
    pub position: &'a FilePosition,
    pub text: Arc<str>,
    /// The word around the cursor.
    pub replace: TextRange,
    /// The text with a name in place of nothing or a keyword, if it needs one.
    probe: Option<Arc<str>>,
    pub tree: Arc<FlatTree>,
}

impl<'a> At<'a> {
    pub fn new(snapshot: &'a Snapshot, position: &'a FilePosition) -> Cancellable<Option<Self>> {
        let Some(text) = snapshot.text(&position.path) else { return Ok(None) };
        snapshot.check()?;
        let offset = usize::from(position.offset);
        if !text.is_char_boundary(offset) {
            return Ok(None);
        }
        let replace = word_at(&text, offset);
        let Some(mut tree) = snapshot.flat_tree(&position.path)? else { return Ok(None) };
        // A name at the cursor makes a whole of `pkgs.` and of `x = ;`, so that the rest of the file keeps its meaning.
        let with = |name: &str| -> Arc<str> { [&text[..replace.start().into()], name, &text[replace.end().into()..]].concat().into() };
        let probe = match &text[replace] {
            // A whole one is an edit of one set, where a name alone would break the text.
            "" if begins_entry(&tree, position.offset) => Some(with("x=0;")),
            "" => Some(with("x")),
            // The beginning of a name may spell a keyword.
            keyword if KEYWORDS.contains(&keyword) => Some(with(&"x".repeat(keyword.len()))),
            _ => None,
        };
        if let Some(probe) = &probe {
            let Some(probed) = snapshot.tree_of(&position.path, probe.clone())? else { return Ok(None) };
            tree = probed;
        }
        Ok(Some(At { snapshot, position, text, replace, probe, tree }))
    }

    /// The same with a whole binding at the cursor, where the text looks like the pattern of a function that is not there: `f { na }`.
    pub fn as_key(&self, token: Token<'_>) -> Cancellable<Option<At<'a>>> {
        let around = token.ancestors();
        let pattern = around.iter().find(|node| node.kind() == SyntaxKind::LAMBDA);
        if pattern.is_none_or(|pattern| pattern.token(SyntaxKind::COLON).is_some()) {
            return Ok(None);
        }
        let (start, end) = (usize::from(self.replace.start()), usize::from(self.replace.end()));
        let (before, behind) = (self.text.get(..start).unwrap_or_default(), self.text.get(end..).unwrap_or_default());
        let word = self.text.get(start..end).filter(|word| !word.is_empty()).unwrap_or("x");
        let probe: Arc<str> = [before, word, "=0;", behind].concat().into();
        let tree = self.snapshot.tree_of(&self.position.path, probe.clone())?;
        Ok(tree.map(|tree| At { text: self.text.clone(), probe: Some(probe), tree, ..*self }))
    }

    pub fn token(&self) -> Option<Token<'_>> {
        let at = self.replace.start() + TextSize::new(if self.replace.is_empty() { 0 } else { 1 });
        touching_token(&self.tree, at)
    }

    /// The word as far as the cursor.
    pub fn word(&self) -> &str {
        self.text.get(self.replace.start().into()..self.position.offset.into()).unwrap_or_default()
    }

    /// Only where the text near the cursor does not say enough, all of it is looked at.
    pub fn view(&self) -> Cancellable<Option<FileView>> {
        match &self.probe {
            Some(probe) => Ok(Some(FileView::of_tree(probe.clone(), self.tree.clone()))),
            None => FileView::at(self.snapshot, self.position),
        }
    }

    /// Asks about the expression that a node before the cursor is. It is looked for in the text as it is, which begins alike.
    pub fn ask<T>(
        &self,
        node: Node<'_>,
        ask: impl for<'db> FnOnce(Shapes<'db>, &'db dyn Db, Thunk<'db>) -> Option<T>,
    ) -> Cancellable<Option<T>> {
        let Some(view) = FileView::at(self.snapshot, self.position)? else { return Ok(None) };
        let Some(expr) = view.expr_of(node) else { return Ok(None) };
        let found = with_shapes(self.snapshot, &self.position.path, &view, |shapes, db, file| ask(shapes, db, shapes.expr(file, expr)))?;
        Ok(found.flatten())
    }

    /// Asks about the file.
    pub fn ask_file<T>(&self, ask: impl for<'db> FnOnce(Shapes<'db>, &'db dyn Db, SourceFile) -> Option<T>) -> Cancellable<Option<T>> {
        self.snapshot.with_db(|db| ask(Shapes::new(db), db, db.files().get(db, &self.position.path)))
    }

    /// The same of the function of a call, which may have other arguments already.
    pub fn ask_function<T>(
        &self,
        node: Node<'_>,
        ask: impl for<'db> FnOnce(Shapes<'db>, &'db dyn Db, Thunk<'db>) -> Option<T>,
    ) -> Cancellable<Option<T>> {
        let Some(view) = FileView::at(self.snapshot, self.position)? else { return Ok(None) };
        let (mut head, mut args) = (node, Vec::new());
        while head.kind() == SyntaxKind::APPLY {
            let mut parts = head.children();
            let (Some(function), Some(arg)) = (parts.next(), parts.next()) else { return Ok(None) };
            args.push(view.expr_of(arg));
            head = function;
        }
        let Some(function) = view.expr_of(head) else { return Ok(None) };
        let found = with_shapes(self.snapshot, &self.position.path, &view, |shapes, db, file| {
            let apply = |of, arg: &Option<_>| shapes.applied(of, arg.map_or(Thunk::Unknown, |arg| shapes.expr(file, arg)));
            ask(shapes, db, args.iter().rev().fold(shapes.callee(file, function), apply))
        })?;
        Ok(found.flatten())
    }
}

/// Whether an entry of a set or a `let` may begin here: behind another one, or behind what opens them.
fn begins_entry(tree: &FlatTree, offset: TextSize) -> bool {
    let Some(touching) = tree.tokens_at(offset).next().filter(|token| token.range().start() < offset) else { return false };
    if touching.kind().is_comment() {
        return false;
    }
    let mut before = Some(touching);
    while let Some(trivia) = before.filter(|token| token.kind().is_trivia()) {
        before = trivia.before();
    }
    let Some(token) = before else { return false };
    let parent = tree.node_around(token.index()..token.index() + 1);
    matches!(
        (token.kind(), parent.kind()),
        (SyntaxKind::L_BRACE, SyntaxKind::ATTR_SET | SyntaxKind::LEGACY_LET)
            | (SyntaxKind::LET_KW, SyntaxKind::LET_IN)
            | (SyntaxKind::SEMICOLON, SyntaxKind::BINDING | SyntaxKind::INHERIT)
    )
}

/// The identifier around a cursor; empty between words.
fn word_at(text: &str, offset: usize) -> TextRange {
    let is_word = |c: char| c.is_ascii_alphanumeric() || "_'-".contains(c);
    let start = text[..offset].char_indices().rev().take_while(|&(_, c)| is_word(c)).last().map_or(offset, |(at, _)| at);
    let end = offset + text[offset..].find(|c| !is_word(c)).unwrap_or(text.len() - offset);
    TextRange::new(TextSize::new(start as u32), TextSize::new(end as u32))
}
