#include "workloads/lm/gcide.h"

#include <timetrial/random.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <unordered_set>

#include "workloads/workload.h"

namespace timetrial::lm {
namespace {

constexpr const char* kRemedy = "; unpack the Debian package dict-gcide again (scripts/setup.sh)";

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Runs of white space as one space, none at the ends.
std::string squeeze(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (!is_space(c)) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

/// Whether the text between brackets names a source, such as "1913 Webster" or "WordNet 1.5 +PJC".
bool is_source_tag(std::string_view inside) {
  const std::string tag = squeeze(inside);
  for (const char* start : {"1913 Webster", "Webster 1913", "WordNet", "PJC", "+PJC", "AS + PJC",
                            "RP + PJC", "GG +", "Century Dict"}) {
    if (tag.starts_with(start)) return true;
  }
  return false;
}

/// Without the source tags. A bracket that holds a bracket is text.
std::string drop_source_tags(std::string_view raw) {
  std::string out;
  for (std::size_t i = 0; i < raw.size();) {
    if (raw[i] == '[') {
      const std::size_t next = raw.find_first_of("[]", i + 1);
      if (next != std::string_view::npos && raw[next] == ']' &&
          is_source_tag(raw.substr(i + 1, next - i - 1))) {
        i = next + 1;
        continue;
      }
    }
    out += raw[i++];
  }
  return out;
}

/// Without control characters and the three stray bytes of the dictionary that are not ASCII.
std::string printable_ascii(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' || (c >= ' ' && c <= '~')) {
      out += c;
    } else if (c == '\t') {
      out += ' ';
    }
  }
  return out;
}

/// Splits off the next line, without its end.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

/// The longest of an entry's headwords that its text begins with (some entries are continuations
/// and begin with none of theirs: then the first in order).
std::string principal(const std::set<std::string>& headwords, const std::string& text) {
  const std::string start = normalized_headword(std::string_view(text).substr(0, 200));
  std::string best;
  for (const std::string& headword : headwords) {
    if (headword.size() > best.size() && start.starts_with(headword)) best = headword;
  }
  return best.empty() ? *headwords.begin() : best;
}

}  // namespace

std::size_t parse_base64_number(std::string_view digits) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (digits.empty() || digits.size() > 8) throw std::invalid_argument("not 1 to 8 digits");
  std::size_t value = 0;
  for (const char c : digits) {
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) throw std::invalid_argument("not a base 64 digit");
    value = value * 64 + digit;
  }
  return value;
}

std::vector<IndexRow> parse_index(std::string_view text, const std::string& name) {
  std::vector<IndexRow> rows;
  for (std::size_t line_number = 1; !text.empty(); ++line_number) {
    const std::string_view line = take_line(text);
    try {
      const std::size_t first = line.find('\t');
      const std::size_t second = line.find('\t', first == line.npos ? first : first + 1);
      if (first == line.npos || second == line.npos) throw std::invalid_argument("two tabs");
      rows.push_back({std::string(line.substr(0, first)),
                      parse_base64_number(line.substr(first + 1, second - first - 1)),
                      parse_base64_number(line.substr(second + 1))});
    } catch (const std::invalid_argument&) {
      throw workloads::DataError(
          name + ":" + std::to_string(line_number) +
          ": expected headword, offset and length in base 64, separated by tabs, got '" +
          std::string(line.substr(0, 80)) + "'" + kRemedy);
    }
  }
  return rows;
}

std::vector<IndexRow> read_index(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) {
    throw workloads::DataError(file.string() + ": cannot be read" + kRemedy);
  }
  return parse_index(text.view(), file.string());
}

std::string normalized_headword(std::string_view headword) {
  std::string out = squeeze(headword);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string clean_entry(std::string_view raw) {
  const std::string text = printable_ascii(drop_source_tags(raw));
  std::string out, paragraph;
  const auto end_paragraph = [&] {
    const std::string line = squeeze(paragraph);
    paragraph.clear();
    if (line.empty()) return;
    if (!out.empty()) out += '\n';
    out += line;
  };
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = take_line(rest);
    if (std::all_of(line.begin(), line.end(), is_space)) {
      end_paragraph();
    } else {
      paragraph.append(line).append(1, ' ');
    }
  }
  end_paragraph();
  return out;
}

Part part_of(std::string_view normalized) {
  const std::uint64_t bucket = hash_text(normalized) % 100;
  if (bucket < 5) return Part::validation;
  return bucket < 10 ? Part::test : Part::training;
}

std::vector<Document> make_documents(const std::string& dictionary,
                                     const std::vector<IndexRow>& index, const std::string& name) {
  std::map<std::pair<std::size_t, std::size_t>, std::set<std::string>> entries;
  for (const IndexRow& row : index) {
    if (row.offset > dictionary.size() || row.length > dictionary.size() - row.offset) {
      throw workloads::DataError(name + ": entry '" + row.headword + "' ends at byte " +
                                 std::to_string(row.offset + row.length) + ", the dictionary has " +
                                 std::to_string(dictionary.size()) + kRemedy);
    }
    entries[{row.offset, row.length}].insert(normalized_headword(row.headword));
  }
  std::vector<Document> documents;
  std::unordered_set<std::string> seen;
  std::size_t end = 0;  // of the entry before: many that share their text would fill the memory
  for (const auto& [place, headwords] : entries) {
    if (place.first < end) {
      throw workloads::DataError(name + ": entry '" + *headwords.begin() + "' begins at byte " +
                                 std::to_string(place.first) + ", the one before it ends at byte " +
                                 std::to_string(end) + kRemedy);
    }
    end = place.first + place.second;
    if (headwords.begin()->starts_with("00-")) continue;
    std::string text = clean_entry(std::string_view(dictionary).substr(place.first, place.second));
    if (text.empty() || !seen.insert(text).second) continue;
    std::string headword = principal(headwords, text);
    documents.push_back({std::move(headword), std::move(text)});
  }
  sort_by_hash(documents);
  return documents;
}

void sort_by_hash(std::vector<Document>& documents) {
  std::stable_sort(documents.begin(), documents.end(), [](const Document& a, const Document& b) {
    return std::pair(hash_text(a.headword), std::string_view(a.headword)) <
           std::pair(hash_text(b.headword), std::string_view(b.headword));
  });
}

std::string join(const std::vector<Document>& documents, Part part) {
  std::string out;
  for (const Document& document : documents) {
    if (part_of(document.headword) == part) out.append(document.text).append("\n\n");
  }
  return out;
}

}  // namespace timetrial::lm
