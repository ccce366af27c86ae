//! The one place where the plain data of `ide` and `engine` becomes the types of the protocol, and back.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use nival_engine::{RenderOptions, Report, render};
use nival_ide as ide;
use tower_lsp_server::ls_types as lsp;

use crate::encoding::Encoding;
use crate::requests::ReadContext;

/// The path of a `file:` URI; other schemes have none.
pub fn path(uri: &lsp::Uri) -> Option<PathBuf> {
    if uri.scheme().as_str() != "file" {
        return None;
    }
    let path = uri.to_file_path()?.into_owned();
    (path.is_absolute() && !path.as_os_str().as_encoded_bytes().contains(&0)).then_some(path)
}

/// The URI of a path: as the client spells it where it has the file open.
pub fn uri(context: &ReadContext, path: &Path) -> Option<lsp::Uri> {
    match context.documents.get(path) {
        Some(document) => Some(document.uri.clone()),
        None => lsp::Uri::from_file_path(path),
    }
}

/// A place in any file, open or not. `None` if it cannot be read any more.
pub fn location(context: &ReadContext, place: &ide::FileRange) -> Option<lsp::Location> {
    let text = context.text(&place.path)?;
    Some(lsp::Location { uri: uri(context, &place.path)?, range: text.range(place.range, context.encoding) })
}

/// Places in many files, each of which is read once, and without the database learning of those that are not open.
pub struct Places<'a> {
    context: &'a ReadContext,
    texts: rustc_hash::FxHashMap<Arc<Path>, Option<(lsp::Uri, Arc<crate::encoding::Text>)>>,
}

impl<'a> Places<'a> {
    pub fn new(context: &'a ReadContext) -> Self {
        Places { context, texts: rustc_hash::FxHashMap::default() }
    }

    /// `None` for a file that cannot be read.
    pub fn location(&mut self, place: &ide::FileRange) -> Option<lsp::Location> {
        let context = self.context;
        let read = || {
            let text = match context.documents.get(&place.path) {
                Some(document) => document.text.clone(),
                None => Arc::new(crate::encoding::Text::new(context.snapshot.glance_text(&place.path)?)),
            };
            Some((uri(context, &place.path)?, text))
        };
        let (uri, text) = self.texts.entry(Arc::clone(&place.path)).or_insert_with(read).as_ref()?;
        Some(lsp::Location { uri: uri.clone(), range: text.range(place.range, context.encoding) })
    }
}

pub fn location_link(context: &ReadContext, source: lsp::Range, target: &ide::NavigationTarget) -> Option<lsp::LocationLink> {
    let text = context.text(&target.full.path)?;
    Some(lsp::LocationLink {
        origin_selection_range: Some(source),
        target_uri: uri(context, &target.full.path)?,
        target_range: text.range(target.full.range, context.encoding),
        target_selection_range: text.range(target.focus, context.encoding),
    })
}

/// What a diagnostic remembers until it comes back with a request for code actions. The same for the same diagnostic of another text: reports
/// that stay as they are are not sent again.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DiagnosticData {
    pub rule: String,
    /// Titles of its fixes, as the code actions have them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub fixes: Vec<String>,
}

/// The page of a rule: a file of the user's, which every editor can show without a network, else one on the project's site.
fn page_of(context: &ReadContext, code: &str) -> Option<lsp::Uri> {
    let own = context.pages.as_ref().filter(|_| ide::is_rule(code));
    match own {
        Some(folder) => lsp::Uri::from_file_path(folder.join(format!("{code}.md"))),
        None => ide::page_of(code)?.parse().ok(),
    }
}

pub fn diagnostic(context: &ReadContext, text: &crate::encoding::Text, diagnostic: &ide::Diagnostic) -> lsp::Diagnostic {
    let mut message = diagnostic.message.clone();
    for note in &diagnostic.notes {
        message.push('\n');
        message.push_str(note);
    }
    let related = diagnostic.related.iter().filter_map(|related| {
        Some(lsp::DiagnosticRelatedInformation { location: location(context, &related.place)?, message: related.message.clone() })
    });
    let tags: Vec<_> = diagnostic
        .tags
        .iter()
        .map(|tag| match tag {
            ide::Tag::Unnecessary => lsp::DiagnosticTag::UNNECESSARY,
            ide::Tag::Deprecated => lsp::DiagnosticTag::DEPRECATED,
        })
        .collect();
    lsp::Diagnostic {
        range: text.range(diagnostic.range, context.encoding),
        severity: Some(match diagnostic.severity {
            ide::Severity::Error => lsp::DiagnosticSeverity::ERROR,
            ide::Severity::Warning => lsp::DiagnosticSeverity::WARNING,
            ide::Severity::Info => lsp::DiagnosticSeverity::INFORMATION,
            ide::Severity::Hint => lsp::DiagnosticSeverity::HINT,
        }),
        code: Some(lsp::NumberOrString::String(diagnostic.code.clone())),
        code_description: context
            .features
            .code_description
            .then(|| page_of(context, &diagnostic.code))
            .flatten()
            .map(|href| lsp::CodeDescription { href }),
        source: Some("nival".to_owned()),
        message,
        related_information: context
            .features
            .related_information
            .then(|| related.collect::<Vec<_>>())
            .filter(|related| !related.is_empty()),
        tags: (!tags.is_empty()).then_some(tags),
        data: context.features.diagnostic_data.then(|| data(diagnostic)).flatten(),
    }
}

fn data(diagnostic: &ide::Diagnostic) -> Option<serde_json::Value> {
    let fixes = diagnostic.fixes.iter().map(|fix| fix.title.clone()).collect();
    serde_json::to_value(DiagnosticData { rule: diagnostic.code.clone(), fixes }).ok()
}

pub fn symbol_kind(kind: ide::SymbolKind) -> lsp::SymbolKind {
    match kind {
        ide::SymbolKind::Variable | ide::SymbolKind::Parameter | ide::SymbolKind::Inherited => lsp::SymbolKind::VARIABLE,
        ide::SymbolKind::Attribute => lsp::SymbolKind::PROPERTY,
        ide::SymbolKind::Set => lsp::SymbolKind::OBJECT,
        ide::SymbolKind::Function => lsp::SymbolKind::FUNCTION,
        ide::SymbolKind::String => lsp::SymbolKind::STRING,
        ide::SymbolKind::Number => lsp::SymbolKind::NUMBER,
        ide::SymbolKind::List => lsp::SymbolKind::ARRAY,
    }
}

pub fn completion_kind(kind: ide::CompletionKind) -> lsp::CompletionItemKind {
    match kind {
        ide::CompletionKind::Variable | ide::CompletionKind::Parameter => lsp::CompletionItemKind::VARIABLE,
        ide::CompletionKind::Attribute => lsp::CompletionItemKind::FIELD,
        ide::CompletionKind::Function | ide::CompletionKind::Builtin => lsp::CompletionItemKind::FUNCTION,
        ide::CompletionKind::Derivation => lsp::CompletionItemKind::MODULE,
        ide::CompletionKind::Constant => lsp::CompletionItemKind::CONSTANT,
        ide::CompletionKind::Keyword => lsp::CompletionItemKind::KEYWORD,
        ide::CompletionKind::File => lsp::CompletionItemKind::FILE,
        ide::CompletionKind::Folder => lsp::CompletionItemKind::FOLDER,
    }
}

pub fn action_kind(kind: ide::ActionKind) -> lsp::CodeActionKind {
    match kind {
        ide::ActionKind::QuickFix => lsp::CodeActionKind::QUICKFIX,
        ide::ActionKind::Refactor => lsp::CodeActionKind::REFACTOR,
        ide::ActionKind::Extract => lsp::CodeActionKind::REFACTOR_EXTRACT,
        ide::ActionKind::Inline => lsp::CodeActionKind::REFACTOR_INLINE,
        ide::ActionKind::Rewrite => lsp::CodeActionKind::REFACTOR_REWRITE,
        ide::ActionKind::FixAll => lsp::CodeActionKind::new("source.fixAll.nival"),
        ide::ActionKind::Sort => lsp::CodeActionKind::new("refactor.rewrite.sort"),
    }
}

/// Every kind of action that the server has, and the ones that editors ask for by a general name.
pub fn action_kinds() -> Vec<lsp::CodeActionKind> {
    let own = ide::ActionKind::ALL.into_iter().map(action_kind);
    own.chain([lsp::CodeActionKind::SOURCE_FIX_ALL]).collect()
}

/// The kinds that a client's filter lets through: `refactor` stands for `refactor.extract`, too.
pub fn wanted_kinds(only: Option<&[lsp::CodeActionKind]>) -> Vec<ide::ActionKind> {
    let wanted = |kind: &ide::ActionKind| {
        let kind = action_kind(*kind);
        let below =
            |only: &str| only.is_empty() || kind.as_str().strip_prefix(only).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        only.is_none_or(|only| only.iter().any(|only| below(only.as_str())))
    };
    ide::ActionKind::ALL.into_iter().filter(wanted).collect()
}

/// Text to show in a small window: headings, which would be larger than what they are below, are bold.
pub fn markdown(value: String) -> lsp::MarkupContent {
    lsp::MarkupContent { kind: lsp::MarkupKind::Markdown, value: without_headings(value) }
}

fn without_headings(text: String) -> String {
    if !text.lines().any(|line| line.starts_with('#')) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 8);
    // The marks that end the block of code.
    let mut fence: Option<&str> = None;
    for line in text.split_inclusive('\n') {
        let marks = line.trim_start();
        let marks = &marks[..marks.len() - marks.trim_start_matches('`').len()];
        let title = line.trim_start_matches('#');
        match fence {
            Some(end) if marks.len() >= end.len() => fence = None,
            Some(_) => {}
            None if marks.len() >= 3 => fence = Some(marks),
            None if title.len() < line.len() && title.starts_with(' ') && !title.trim().is_empty() => {
                out.push_str(&format!("**{}**\n", title.trim().trim_end_matches('#').trim_end()));
                continue;
            }
            None => {}
        }
        out.push_str(line);
    }
    out
}

/// A report as text, as every face shows it.
pub fn report_text(context: &ReadContext, report: &Report) -> String {
    let text_of = |path: &Path| -> Option<Arc<str>> { context.snapshot.text(path) };
    render(report, &text_of, RenderOptions::default())
}

/// The cursor of a request, in bytes.
pub fn position(
    context: &ReadContext,
    params: &lsp::TextDocumentPositionParams,
) -> Option<(Arc<crate::document::Document>, ide::FilePosition)> {
    let path = path(&params.text_document.uri)?;
    let document = context.documents.get(&path)?.clone();
    let offset = document.text.offset(params.position, context.encoding);
    Some((document, ide::FilePosition { path: path.into(), offset }))
}

/// Growing a selection further than this takes the whole file: a client's JSON parser may recurse.
const MAX_SELECTIONS: usize = 100;

/// The selection ranges of one cursor, given innermost first, as the nested list of the protocol.
pub fn selection_range(
    text: &crate::encoding::Text,
    encoding: Encoding,
    ranges: &[ide::TextRange],
    cursor: lsp::Position,
) -> lsp::SelectionRange {
    let (near, far) = ranges.split_at(ranges.len().min(MAX_SELECTIONS));
    let outermost_first = far.last().into_iter().chain(near.iter().rev()).map(|range| text.range(*range, encoding));
    let nested = outermost_first.fold(None, |parent, range| Some(lsp::SelectionRange { range, parent: parent.map(Box::new) }));
    nested.unwrap_or(lsp::SelectionRange { range: lsp::Range::new(cursor, cursor), parent: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_bold() {
        let text = "Adds.\n# Type\n\n```\n# code\n```\n## Inputs ##\n#tag\n####\n# last".to_owned();
        let expected = "Adds.\n**Type**\n\n```\n# code\n```\n**Inputs**\n#tag\n####\n**last**\n";
        assert_eq!(markdown(text).value, expected);
        assert_eq!(markdown("````\n# a\n```\n# b\n````\n# c".to_owned()).value, "````\n# a\n```\n# b\n````\n**c**\n");
        assert_eq!(markdown("plain".to_owned()).value, "plain");
    }
}
