#include "workloads/transformer/help_page.h"

#include <array>
#include <set>
#include <utility>

namespace timetrial::transformer {
namespace {

/// "p" or "h1" … "h6" if a tag of that name begins here (after its '<'), else nothing.
std::string_view block_name(std::string_view tag) {
  const std::string_view name = tag.substr(0, tag.find_first_of(" \t\r\n>"));
  const bool heading = name.size() == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6';
  return name == "p" || heading ? name : std::string_view();
}

/// The id in a tag, empty if it has none.
std::string_view id_of(std::string_view tag) {
  constexpr std::string_view kAttribute = " id=\"";
  const std::size_t at = tag.find(kAttribute);
  if (at == tag.npos) return {};
  const std::string_view value = tag.substr(at + kAttribute.size());
  return value.substr(0, value.find('"'));
}

std::string without_tags(std::string_view html) {
  std::string text;
  while (!html.empty()) {
    const std::size_t open = html.find('<');
    text.append(html.substr(0, open));
    if (open == html.npos) break;
    const std::size_t close = html.find('>', open);
    html.remove_prefix(close == html.npos ? html.size() : close + 1);
  }
  return text;
}

std::string decoded(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, char>, 3> kEntities = {
      {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}}};
  std::string out;
  while (!text.empty()) {
    char c = text.front();
    std::size_t length = 1;
    for (const auto& [entity, character] : kEntities) {
      if (!text.starts_with(entity)) continue;
      c = character;
      length = entity.size();
    }
    out += c;
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace

std::string squeezed(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool space = c == ' ' || (c >= '\t' && c <= '\r');
    if (!space) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::map<std::string, std::string> paragraphs(std::string_view html) {
  std::map<std::string, std::string> found;
  std::set<std::string_view> unclosed;  // from here on, so that no search of the rest is repeated
  for (std::size_t open = html.find('<'); open != html.npos; open = html.find('<', open + 1)) {
    const std::string_view rest = html.substr(open + 1);
    const std::string_view name = block_name(rest);
    const std::size_t end = rest.find('>');
    if (name.empty() || end == rest.npos || unclosed.contains(name)) continue;
    const std::string_view id = id_of(rest.substr(0, end));
    if (id.empty()) continue;
    const std::string_view body = rest.substr(end + 1);
    const std::size_t close = body.find("</" + std::string(name) + ">");
    if (close == body.npos) {
      unclosed.insert(name);
      continue;
    }
    found.try_emplace(std::string(id), squeezed(decoded(without_tags(body.substr(0, close)))));
    open += 1 + end + close;  // what lies within is this one's text alone
  }
  return found;
}

}  // namespace timetrial::transformer
