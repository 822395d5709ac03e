#include "scoring/article.h"

#include "scoring/html_page.h"
#include "scoring/html_parts.h"
#include "scoring/svg_writer.h"

#include <fmt/core.h>

namespace timetrial::scoring {
namespace {

std::string paragraph(const std::string& text) { return "<p>" + markup_escaped(text) + "</p>\n"; }

std::string markdown_of(const Section& section) {
  std::string text;
  if (!section.heading.empty()) text += "\n## " + section.heading + "\n";
  if (!section.strong.empty()) text += "\n**" + section.strong + "**\n";
  for (const auto& words : section.paragraphs) text += "\n" + words + "\n";
  if (!section.command.empty()) text += "\n```sh\n" + section.command + "\n```\n";
  for (const auto& table : section.tables) text += "\n" + to_markdown(table);
  for (const auto& [name, plot] : section.plots) {
    text += fmt::format("\n![{}]({}.svg)\n", plot.title, name);
  }
  if (!section.items.empty()) text += "\n";
  for (const auto& item : section.items) text += "- " + item + "\n";
  return text;
}

std::string html_of(const Section& section) {
  std::string text;
  if (!section.heading.empty()) text += "<h2>" + markup_escaped(section.heading) + "</h2>\n";
  if (!section.strong.empty()) {
    text += "<p><strong>" + markup_escaped(section.strong) + "</strong></p>\n";
  }
  for (const auto& words : section.paragraphs) text += paragraph(words);
  if (!section.command.empty()) text += "<pre>" + markup_escaped(section.command) + "</pre>\n";
  for (const auto& table : section.tables) text += to_html_table(table);
  for (const auto& [name, plot] : section.plots) {
    const auto svg = scatter_plot(plot);  // less its XML declaration, which is for files
    text += "<figure>" + svg.substr(svg.find("<svg")) + "</figure>\n";
  }
  if (!section.items.empty()) text += list_of(section.items);
  return text;
}

std::string terminal_of(const Section& section) {
  std::string text;
  if (!section.heading.empty()) text += section.heading + "\n\n";
  if (!section.strong.empty()) text += section.strong + "\n\n";
  for (const auto& words : section.paragraphs) text += words + "\n\n";
  for (const auto& table : section.tables) {
    if (!table.rows.empty()) text += to_terminal(table) + "\n";
  }
  for (const auto& item : section.items) text += "- " + item + "\n";
  if (!section.items.empty()) text += "\n";
  return text;
}

}  // namespace

std::string to_markdown(const Article& article) {
  std::string text = "# " + article.title + "\n";
  for (const auto& section : article.sections) text += markdown_of(section);
  return text;
}

std::string to_html(const Article& article) {
  std::string body = "<h1>" + markup_escaped(article.title) + "</h1>\n";
  for (const auto& section : article.sections) body += html_of(section);
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{}</title>\n<style>{}{}</style></head>\n<body><main>\n{}</main></body></html>\n",
      markup_escaped(article.title), kPageStyle, kPlotStyle, body);
}

std::string to_terminal(const Article& article) {
  std::string text = article.title + "\n\n";
  for (const auto& section : article.sections) text += terminal_of(section);
  text.erase(text.find_last_not_of('\n') + 1);
  return text + "\n";
}

std::vector<std::pair<std::string, std::string>> plot_files(const Article& article) {
  std::vector<std::pair<std::string, std::string>> files;
  for (const auto& section : article.sections) {
    for (const auto& [name, plot] : section.plots) {
      files.emplace_back(name + ".svg", scatter_plot(plot));
    }
  }
  return files;
}

}  // namespace timetrial::scoring
