#include "scoring/svg_writer.h"

#include <fmt/core.h>

#include <cassert>
#include <cstdint>
#include <utility>

namespace timetrial::scoring {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// Length of the UTF-8 character at the start of `text`; 0 when there is none that XML allows.
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(0);
  if (first < 0x80) return first >= 0x20 || first == '\t' || first == '\n' ? 1 : 0;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  std::uint32_t code = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
    code = code << 6 | (byte(i) & 0x3FU);
  }
  constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  const bool no_character = code == 0xFFFE || code == 0xFFFF || code > 0x10FFFF;
  return code < kSmallest[length] || surrogate || no_character ? 0 : length;
}

std::string_view entity(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    default:
      return {};
  }
}

}  // namespace

std::string markup_escaped(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    const auto replaced = entity(text[0]);
    if (length == 0) {
      result += kReplacement;
    } else {
      result += replaced.empty() ? text.substr(0, length) : replaced;
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return result;
}

std::string coordinate(double value) {
  std::string text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

void SvgWriter::start(std::string_view tag, const Attributes& attributes) {
  text_ += '<';
  text_ += tag;
  for (const auto& [name, value] : attributes) {
    text_ += ' ';
    text_ += name;
    text_ += "=\"";
    text_ += markup_escaped(value);
    text_ += '"';
  }
}

void SvgWriter::open(std::string_view tag, const Attributes& attributes) {
  start(tag, attributes);
  text_ += ">\n";
  open_.emplace_back(tag);
}

void SvgWriter::close() {
  assert(!open_.empty());
  text_ += "</" + open_.back() + ">\n";
  open_.pop_back();
}

void SvgWriter::leaf(std::string_view tag, const Attributes& attributes, std::string_view title) {
  start(tag, attributes);
  if (title.empty()) {
    text_ += "/>\n";
    return;
  }
  text_ += fmt::format("><title>{}</title></{}>\n", markup_escaped(title), tag);
}

void SvgWriter::text(const Attributes& attributes, std::string_view content) {
  element("text", attributes, content);
}

void SvgWriter::element(std::string_view tag, const Attributes& attributes,
                        std::string_view content) {
  start(tag, attributes);
  text_ += fmt::format(">{}</{}>\n", markup_escaped(content), tag);
}

void SvgWriter::raw(std::string_view text) { text_ += text; }

std::string SvgWriter::take() {
  assert(open_.empty());
  return std::exchange(text_, {});
}

}  // namespace timetrial::scoring
