//! What the server offers, and what of the client's offer it uses.

// Half of what the protocol has is named here; a list of it would change with every capability.
use tower_lsp_server::ls_types::*;

use crate::commands;
use crate::convert;
use crate::encoding::Encoding;
use crate::semantic;

/// What the client can do, as far as it matters here.
#[derive(Debug, Clone, Copy, Default)]
pub struct ClientFeatures {
    pub work_done_progress: bool,
    pub code_lens_refresh: bool,
    /// `workspace/configuration` is answered.
    pub configuration: bool,
    pub configuration_registration: bool,
    pub inlay_hint_refresh: bool,
    /// Hints may be completed when somebody looks at them.
    pub inlay_hint_resolve: bool,
    /// Symbols of the workspace may come without their places.
    pub symbol_resolve: bool,
    /// What a diagnostic remembers comes back with requests for code actions.
    pub diagnostic_data: bool,
    /// Reports on documents may have reports on others beside them.
    pub related_documents: bool,
    /// The client asks for the diagnostics of the workspace, too, and forgets those of open documents not over them.
    pub workspace_diagnostics: bool,
    pub relative_patterns: bool,
    /// Several ranges are formatted at once.
    pub range_lists: bool,
    /// The client asks for diagnostics, and asks again when it is told to.
    pub pull_diagnostics: bool,
    pub watched_files_registration: bool,
    pub definition_links: bool,
    pub hierarchical_symbols: bool,
    pub markdown_hover: bool,
    /// Semantic tokens may go over several lines.
    pub multiline_tokens: bool,
    pub related_information: bool,
    /// Codes of diagnostics may lead to a page.
    pub code_description: bool,
    /// In completions.
    pub snippets: bool,
    /// Actions as data, and not as commands.
    pub code_actions: bool,
    pub code_action_resolve: bool,
    pub disabled_actions: bool,
    pub edits: EditFeatures,
    pub show_document: bool,
}

/// What changes of files the client can make.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EditFeatures {
    pub versions: bool,
    pub create: bool,
    pub rename: bool,
    pub delete: bool,
}

impl EditFeatures {
    fn new(client: &ClientCapabilities) -> Self {
        let Some(edit) = client.workspace.as_ref().and_then(|w| w.workspace_edit.as_ref()) else { return Self::default() };
        let versions = edit.document_changes.unwrap_or(false);
        // Operations stand among versioned edits.
        let can = |operation| versions && edit.resource_operations.as_ref().is_some_and(|known| known.contains(&operation));
        EditFeatures {
            versions,
            create: can(ResourceOperationKind::Create),
            rename: can(ResourceOperationKind::Rename),
            delete: can(ResourceOperationKind::Delete),
        }
    }
}

impl ClientFeatures {
    /// `raw` are the same capabilities as they came: not all of them have types. `name` is what the client calls itself.
    pub fn new(client: &ClientCapabilities, raw: &serde_json::Value, name: Option<&str>) -> Self {
        let document = client.text_document.as_ref();
        let workspace = client.workspace.as_ref();
        let formats = document.and_then(|d| d.hover.as_ref()).and_then(|hover| hover.content_format.as_deref());
        let says = |pointer: &str| raw.pointer(pointer).and_then(serde_json::Value::as_bool).unwrap_or(false);
        let resolves = |pointer: &str, property: &str| {
            let listed = raw.pointer(pointer).and_then(serde_json::Value::as_array);
            listed.is_some_and(|listed| listed.iter().any(|listed| listed == property))
        };
        // What is said of diagnostics counts whichever way they go.
        let of_diagnostics =
            |name: &str| ["publishDiagnostics", "diagnostic"].iter().any(|way| says(&format!("/textDocument/{way}/{name}")));
        let pull_diagnostics = document.is_some_and(|d| d.diagnostic.is_some())
            && workspace.and_then(|w| w.diagnostics.as_ref()).and_then(|d| d.refresh_support).unwrap_or(false);
        let actions = document.and_then(|d| d.code_action.as_ref());
        ClientFeatures {
            work_done_progress: client.window.as_ref().and_then(|w| w.work_done_progress).unwrap_or(false),
            code_lens_refresh: workspace.and_then(|w| w.code_lens.as_ref()).and_then(|c| c.refresh_support).unwrap_or(false),
            configuration: workspace.and_then(|w| w.configuration).unwrap_or(false),
            configuration_registration: workspace
                .and_then(|w| w.did_change_configuration.as_ref())
                .and_then(|d| d.dynamic_registration)
                .unwrap_or(false),
            inlay_hint_refresh: workspace.and_then(|w| w.inlay_hint.as_ref()).and_then(|i| i.refresh_support).unwrap_or(false),
            inlay_hint_resolve: resolves("/textDocument/inlayHint/resolveSupport/properties", "tooltip"),
            symbol_resolve: resolves("/workspace/symbol/resolveSupport/properties", "location.range"),
            diagnostic_data: of_diagnostics("dataSupport"),
            related_documents: says("/textDocument/diagnostic/relatedDocumentSupport"),
            pull_diagnostics,
            // Neovim that may ask for the workspace asks for nothing else when it is told to ask again: what evaluation finds in open
            // documents would never be shown. Configurations that mend that say so.
            workspace_diagnostics: pull_diagnostics && (name != Some("Neovim") || says("/experimental/nival/workspaceDiagnostics")),
            relative_patterns: says("/workspace/didChangeWatchedFiles/relativePatternSupport"),
            range_lists: says("/textDocument/rangeFormatting/rangesSupport"),
            watched_files_registration: workspace
                .and_then(|w| w.did_change_watched_files)
                .and_then(|d| d.dynamic_registration)
                .unwrap_or(false),
            definition_links: document.and_then(|d| d.definition).and_then(|d| d.link_support).unwrap_or(false),
            hierarchical_symbols: document
                .and_then(|d| d.document_symbol.as_ref())
                .and_then(|d| d.hierarchical_document_symbol_support)
                .unwrap_or(false),
            markdown_hover: formats.is_none_or(|formats| formats.contains(&tower_lsp_server::ls_types::MarkupKind::Markdown)),
            multiline_tokens: document
                .and_then(|d| d.semantic_tokens.as_ref())
                .and_then(|tokens| tokens.multiline_token_support)
                .unwrap_or(false),
            snippets: document
                .and_then(|d| d.completion.as_ref())
                .and_then(|c| c.completion_item.as_ref())
                .and_then(|i| i.snippet_support)
                .unwrap_or(false),
            code_description: of_diagnostics("codeDescriptionSupport"),
            related_information: of_diagnostics("relatedInformation"),
            code_actions: actions.is_some_and(|a| a.code_action_literal_support.is_some()),
            code_action_resolve: actions.is_some_and(|a| {
                let lazily = a.resolve_support.as_ref().is_some_and(|r| r.properties.iter().any(|property| property == "edit"));
                lazily && a.data_support.unwrap_or(false)
            }),
            disabled_actions: actions.and_then(|a| a.disabled_support).unwrap_or(false),
            edits: EditFeatures::new(client),
            show_document: client.window.as_ref().and_then(|w| w.show_document.as_ref()).is_some_and(|s| s.support),
        }
    }
}

/// Any file may be named by a path, and any folder may hold one that is.
fn any_file() -> FileOperationRegistrationOptions {
    let pattern = FileOperationPattern { glob: "**".to_owned(), matches: None, options: None };
    FileOperationRegistrationOptions { filters: vec![FileOperationFilter { scheme: Some("file".to_owned()), pattern }] }
}

/// Of what may take long: clients can ask for the progress, and cancel by it.
const PROGRESS: WorkDoneProgressOptions = WorkDoneProgressOptions { work_done_progress: Some(true) };

/// What `initialize` answers, as JSON: not all of it has types.
pub fn offered(encoding: Encoding, features: &ClientFeatures) -> serde_json::Value {
    let mut offered = serde_json::to_value(server_capabilities(encoding, features)).unwrap_or_default();
    if features.range_lists
        && let Some(offered) = offered.as_object_mut()
    {
        offered.insert("documentRangeFormattingProvider".to_owned(), serde_json::json!({ "rangesSupport": true }));
    }
    offered
}

fn server_capabilities(encoding: Encoding, features: &ClientFeatures) -> ServerCapabilities {
    ServerCapabilities {
        position_encoding: Some(encoding.kind()),
        text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions { include_text: Some(false) })),
            ..TextDocumentSyncOptions::default()
        })),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        declaration_provider: Some(DeclarationCapability::Simple(true)),
        definition_provider: Some(OneOf::Left(true)),
        implementation_provider: Some(ImplementationProviderCapability::Simple(true)),
        signature_help_provider: Some(SignatureHelpOptions {
            trigger_characters: Some([" ", "{"].map(str::to_owned).to_vec()),
            ..SignatureHelpOptions::default()
        }),
        type_definition_provider: Some(TypeDefinitionProviderCapability::Simple(true)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some([".", "/", "<", "\""].map(str::to_owned).to_vec()),
            resolve_provider: Some(true),
            ..CompletionOptions::default()
        }),
        document_formatting_provider: Some(OneOf::Left(true)),
        document_range_formatting_provider: Some(OneOf::Left(true)),
        document_on_type_formatting_provider: Some(DocumentOnTypeFormattingOptions {
            first_trigger_character: "\n".to_owned(),
            more_trigger_character: Some([";", "}", "]", ")"].map(str::to_owned).to_vec()),
        }),
        document_symbol_provider: Some(OneOf::Left(true)),
        document_highlight_provider: Some(OneOf::Left(true)),
        references_provider: Some(OneOf::Right(ReferenceOptions { work_done_progress_options: PROGRESS })),
        rename_provider: Some(OneOf::Right(RenameOptions { prepare_provider: Some(true), work_done_progress_options: PROGRESS })),
        folding_range_provider: Some(FoldingRangeProviderCapability::Simple(true)),
        inlay_hint_provider: Some(OneOf::Right(InlayHintServerCapabilities::Options(InlayHintOptions {
            resolve_provider: Some(true),
            ..InlayHintOptions::default()
        }))),
        linked_editing_range_provider: Some(LinkedEditingRangeServerCapabilities::Simple(true)),
        selection_range_provider: Some(SelectionRangeProviderCapability::Simple(true)),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(convert::action_kinds()),
            resolve_provider: Some(true),
            ..CodeActionOptions::default()
        })),
        semantic_tokens_provider: Some(
            SemanticTokensOptions {
                legend: semantic::legend(),
                range: Some(true),
                full: Some(SemanticTokensFullOptions::Delta { delta: Some(true) }),
                ..SemanticTokensOptions::default()
            }
            .into(),
        ),
        // Evaluation finds something later, and the client has to be told to ask again. Others get diagnostics sent, as always.
        diagnostic_provider: features.pull_diagnostics.then(|| {
            DiagnosticServerCapabilities::Options(DiagnosticOptions {
                identifier: Some("nival".to_owned()),
                inter_file_dependencies: true,
                workspace_diagnostics: features.workspace_diagnostics,
                work_done_progress_options: PROGRESS,
            })
        }),
        call_hierarchy_provider: Some(CallHierarchyServerCapability::Simple(true)),
        document_link_provider: Some(DocumentLinkOptions {
            resolve_provider: Some(true),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        }),
        workspace_symbol_provider: Some(OneOf::Right(WorkspaceSymbolOptions {
            work_done_progress_options: PROGRESS,
            resolve_provider: Some(true),
        })),
        code_lens_provider: Some(CodeLensOptions { resolve_provider: Some(true) }),
        execute_command_provider: Some(ExecuteCommandOptions {
            commands: commands::NAMES.map(str::to_owned).to_vec(),
            work_done_progress_options: PROGRESS,
        }),
        workspace: Some(WorkspaceServerCapabilities {
            workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: Some(OneOf::Left(true)),
            }),
            file_operations: Some(WorkspaceFileOperationsServerCapabilities {
                did_create: Some(any_file()),
                did_delete: Some(any_file()),
                did_rename: Some(any_file()),
                will_delete: Some(any_file()),
                will_rename: Some(any_file()),
                ..WorkspaceFileOperationsServerCapabilities::default()
            }),
        }),
        experimental: Some(serde_json::json!({ "parentModule": true })),
        ..ServerCapabilities::default()
    }
}
