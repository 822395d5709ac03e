#include "workloads/asterisk/transcripts.h"

#include "workloads/asterisk/asterisk.h"
#include "workloads/workload.h"

#include <array>
#include <set>

namespace timetrial::asterisk {
namespace {

constexpr std::array kDigits = {"zero", "one", "two",   "three", "four",
                                "five", "six", "seven", "eight", "nine"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string_view stripped(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r";
  const auto begin = text.find_first_not_of(kSpace);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

/// Whether the digit at `i` is a number by itself, not a part of "10", "3D" or "28.8".
bool stands_alone(std::string_view text, std::size_t i) {
  const auto joins = [&](std::size_t at) {
    return at < text.size() && (is_digit(text[at]) || is_letter(text[at]));
  };
  const auto point = [&](std::size_t at) { return at < text.size() && text[at] == '.'; };
  return !joins(i - 1) && !joins(i + 1) && !(point(i - 1) && joins(i - 2)) &&
         !(point(i + 1) && joins(i + 2));
}

/// Adds a space unless one is there or nothing is.
void separate(std::string& words) {
  if (!words.empty() && words.back() != ' ') words += ' ';
}

}  // namespace

std::vector<Line> parse_list(std::string_view text, const std::string& name) {
  std::vector<Line> lines;
  std::set<std::string> seen;
  for (int number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const auto line = stripped(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (line.empty() || line.front() == ';') continue;
    const auto colon = line.find(':');
    const Line parsed = {std::string(stripped(line.substr(0, colon))),
                         colon == line.npos ? "" : std::string(stripped(line.substr(colon + 1)))};
    const bool fresh = seen.insert(parsed.path).second;
    if (parsed.path.empty() || parsed.text.empty() || !fresh) {
      throw workloads::DataError(name + ":" + std::to_string(number) + ": \"" + std::string(line) +
                                 "\"" + (fresh ? "; expected \"path: text\"" : " comes twice") +
                                 kUnpackAgain);
    }
    lines.push_back(parsed);
  }
  return lines;
}

std::optional<std::string> spoken(std::string_view text) {
  constexpr std::string_view kPunctuation = " ,.?!;:\"-";
  std::string words;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_letter(c) || c == '\'') {
      words += lower(c);
    } else if (is_digit(c) && stands_alone(text, i)) {
      separate(words);
      words += kDigits[static_cast<std::size_t>(c - '0')];
      words += ' ';
    } else if (kPunctuation.find(c) != kPunctuation.npos) {
      separate(words);
    } else {
      return std::nullopt;
    }
  }
  if (!words.empty() && words.back() == ' ') words.pop_back();
  if (words.empty()) return std::nullopt;
  return words;
}

}  // namespace timetrial::asterisk
