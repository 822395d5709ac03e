#include "scoring/exporters.h"

#include "harness/trial/error.h"

#include <fmt/core.h>

#include <optional>

namespace timetrial::scoring {
namespace {

std::optional<Format> find_format(const std::string& text) {
  for (const auto format : {Format::html, Format::markdown, Format::csv, Format::json}) {
    if (text == to_string(format)) return format;
  }
  return std::nullopt;
}

}  // namespace

const char* to_string(Format format) {
  switch (format) {
    case Format::html:
      return "html";
    case Format::markdown:
      return "md";
    case Format::csv:
      return "csv";
    case Format::json:
      return "json";
  }
  return "";
}

Format parse_format(const std::string& text) {
  if (const auto format = find_format(text)) return *format;
  throw InputError(fmt::format("unknown report format '{}'; formats: html, md, csv, json", text));
}

Format format_of(const std::filesystem::path& file) {
  const std::string extension = file.extension().string();
  const auto format = find_format(extension.empty() ? "" : extension.substr(1));
  if (format) return *format;
  throw InputError(
      fmt::format("{}: no report format by this extension; use .html, .md, .csv or .json, or give "
                  "--format",
                  file.string()));
}

std::string export_as(Format format, const Report& report) {
  switch (format) {
    case Format::html:
      return to_html(report);
    case Format::markdown:
      return to_markdown(report);
    case Format::csv:
      return to_csv(report);
    case Format::json:
      return to_json(report);
  }
  return "";
}

}  // namespace timetrial::scoring
