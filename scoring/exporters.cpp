#include "scoring/exporters.h"

#include "harness/trial/error.h"

#include <fmt/core.h>

namespace timetrial::scoring {
namespace {

constexpr Format kFormats[] = {Format::html, Format::markdown, Format::csv, Format::json,
                               Format::latex};

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
    case Format::latex:
      return "latex";
  }
  return "";
}

const char* extension_of(Format format) {
  return format == Format::latex ? "tex" : to_string(format);
}

Format parse_format(const std::string& text) {
  for (const auto format : kFormats) {
    if (text == to_string(format)) return format;
  }
  throw InputError(
      fmt::format("unknown report format '{}'; formats: html, md, csv, json, latex", text));
}

Format format_of(const std::filesystem::path& file) {
  const std::string extension = file.extension().string();
  for (const auto format : kFormats) {
    if (extension == std::string(".") + extension_of(format)) return format;
  }
  throw InputError(
      fmt::format("{}: no report format by this extension; use .html, .md, .csv, .json or .tex, or "
                  "give --format",
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
    case Format::latex:
      return to_latex(report);
  }
  return "";
}

}  // namespace timetrial::scoring
