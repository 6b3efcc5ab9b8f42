//! Parses Markdown with an independent parser.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// What a reader of the page gets.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// Each table by its heading, or `folded`, the rows without the head, the cells as plain text.
    pub(crate) tables: Vec<(String, Vec<Vec<String>>)>,
    /// The blocks of code.
    pub(crate) code_blocks: Vec<String>,
    /// Every piece of HTML, as it stands.
    pub(crate) html: Vec<String>,
    /// Text outside of code, where GitHub looks for mentions, issues and addresses.
    pub(crate) prose: String,
    /// Where links lead to.
    pub(crate) links: Vec<String>,
    /// What no form writes: images, rules, quotes.
    pub(crate) foreign: Vec<String>,
}

pub(crate) fn read(markdown: &str) -> Page {
    let mut page = Page::default();
    let (mut heading, mut cell, mut in_heading) = (String::new(), String::new(), false);
    let (mut in_code, mut in_block) = (false, false);
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Start(Tag::Heading { .. }) => (heading, in_heading) = (String::new(), true),
            Event::End(TagEnd::Heading(_)) => in_heading = false,
            Event::Start(Tag::Table(_)) => page.tables.push((heading.clone(), Vec::new())),
            Event::Start(Tag::TableRow) => rows(&mut page).push(Vec::new()),
            Event::Start(Tag::TableCell) => cell.clear(),
            // The head has cells, and no row.
            Event::End(TagEnd::TableCell) => {
                if let Some(row) = rows(&mut page).last_mut() {
                    row.push(std::mem::take(&mut cell));
                }
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                assert!(matches!(kind, CodeBlockKind::Fenced(_)), "nothing is indented into code");
                in_block = true;
                page.code_blocks.push(String::new());
            }
            Event::End(TagEnd::CodeBlock) => in_block = false,
            Event::Text(text) if in_block => page.code_blocks.last_mut().expect("in a block").push_str(&text),
            Event::Text(text) => {
                cell.push_str(&text);
                if in_heading {
                    heading.push_str(&text);
                }
                page.prose.push_str(if in_code { " " } else { &text });
            }
            Event::Code(text) => {
                cell.push_str(&text);
                page.prose.push(' ');
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                in_code = match html.trim() {
                    "<code>" => true,
                    "</code>" => false,
                    _ => in_code,
                };
                if html.starts_with("<summary>") {
                    heading = "folded".to_owned();
                }
                page.html.extend(html.lines().map(str::to_owned));
            }
            Event::Start(Tag::Link { dest_url, .. }) => page.links.push(dest_url.to_string()),
            Event::SoftBreak | Event::HardBreak => page.prose.push('\n'),
            Event::Start(
                Tag::Paragraph
                | Tag::List(_)
                | Tag::Item
                | Tag::Strong
                | Tag::Emphasis
                | Tag::TableHead
                | Tag::HtmlBlock,
            ) => page.prose.push('\n'),
            Event::End(_) => {}
            other => page.foreign.push(format!("{other:?}")),
        }
    }
    page
}

fn rows(page: &mut Page) -> &mut Vec<Vec<String>> {
    &mut page.tables.last_mut().expect("in a table").1
}
