#include "workloads/transformer/libreoffice.h"

#include <timetrial/random.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <fstream>
#include <iterator>
#include <map>
#include <numeric>
#include <set>
#include <tuple>

#include "workloads/transformer/help_page.h"
#include "workloads/transformer/mo_file.h"
#include "workloads/workload.h"

namespace timetrial::transformer {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRemedy = "; fetch the packages again (scripts/setup.sh)";

/// Pairs of version 7.4.7. The packages move with security updates, and texts hardly change.
constexpr std::int64_t kPairs = 49542;
constexpr double kPairsTolerance = 0.02;

/// Regular files below `folder` whose names end so, sorted. Throws where there is none.
std::vector<fs::path> files_below(const fs::path& folder, const std::string& extension) {
  std::vector<fs::path> files;
  if (fs::is_directory(folder)) {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file() && entry.path().extension() == extension) {
        files.push_back(entry.path());
      }
    }
  }
  if (files.empty()) {
    throw workloads::DataError(folder.string() + ": no " + extension + " files" + kRemedy);
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw workloads::DataError(file.string() + ": no such file" + kRemedy);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

void add(std::string_view other, std::string_view english, std::set<TextPair>& pairs) {
  TextPair pair{squeezed(other), squeezed(english)};
  const bool translated = !pair.other.empty() && !pair.english.empty();
  if (translated && pair.other != pair.english) pairs.insert(std::move(pair));
}

void add_interface(const fs::path& packages, const std::string& language,
                   std::set<TextPair>& pairs) {
  const fs::path folder =
      packages / "usr/lib/libreoffice/program/resource" / language / "LC_MESSAGES";
  for (const fs::path& file : files_below(folder, ".mo")) {
    for (const Message& message : parse_messages(contents(file), file.string())) {
      add(without_shortcut(message.translation), without_shortcut(message.text), pairs);
    }
  }
}

void add_help(const fs::path& packages, std::set<TextPair>& pairs) {
  const fs::path help = packages / "usr/share/libreoffice/help";
  const fs::path english = help / "en-US/text", german = help / "de/text";
  for (const fs::path& file : files_below(english, ".html")) {
    const auto translations = paragraphs(contents(german / file.lexically_relative(english)));
    for (const auto& [id, text] : paragraphs(contents(file))) {
      const auto found = translations.find(id);
      if (found != translations.end()) add(found->second, text, pairs);
    }
  }
}

/// Throws unless there are about as many pairs as expected.
std::vector<TextPair> counted(const std::set<TextPair>& pairs, const fs::path& packages,
                              std::int64_t expected) {
  const auto found = static_cast<double>(pairs.size()), known = static_cast<double>(expected);
  if (std::abs(found - known) > kPairsTolerance * known) {
    throw workloads::DataError(packages.string() + ": " + std::to_string(pairs.size()) +
                               " different pairs of texts, expected about " +
                               std::to_string(expected) + kRemedy);
  }
  return {pairs.begin(), pairs.end()};
}

/// Sets that merge (union by smaller root, paths halved).
class Groups {
 public:
  explicit Groups(std::size_t size) : parent_(size) {
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
  }
  std::size_t root(std::size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void merge(std::size_t a, std::size_t b) {
    const auto [low, high] = std::minmax({root(a), root(b)});
    parent_[high] = low;
  }

 private:
  std::vector<std::size_t> parent_;
};

/// The smallest key of each pair's group.
std::vector<std::string> group_keys(const std::vector<TextPair>& pairs) {
  Groups groups(pairs.size());
  std::map<std::string, std::size_t> first_with;
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    // Bytes that no text has tell the languages apart.
    for (const std::string& key :
         {'\1' + normalized(pairs[i].other), '\2' + normalized(pairs[i].english)}) {
      groups.merge(i, first_with.try_emplace(key, i).first->second);
    }
    keys.push_back(normalized(pairs[i].english));
  }
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    std::string& smallest = keys[groups.root(i)];
    smallest = std::min(smallest, normalized(pairs[i].english));
  }
  for (std::size_t i = 0; i < pairs.size(); ++i) keys[i] = keys[groups.root(i)];
  return keys;
}

/// Bytes of the character that `text` begins with if it is no letter or digit: of ASCII, Latin-1
/// (U+0080 to U+00BF) or general punctuation (U+2000 to U+206F); 0 for any other character.
std::size_t separator(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  if (byte(0) < 0x80) return std::isalnum(byte(0)) != 0 ? 0 : 1;
  if (byte(0) == 0xc2) return 2;
  return byte(0) == 0xe2 && (byte(1) == 0x80 || byte(1) == 0x81) ? 3 : 0;
}

Part part_of(const std::string& key) {
  const std::uint64_t bucket = hash_text(key) % 100;
  return bucket < 5 ? Part::validation : bucket < 10 ? Part::test : Part::training;
}

}  // namespace

std::string normalized(std::string_view whole) {
  std::string letters;
  std::string_view text = whole;
  while (!text.empty()) {
    const std::size_t length = separator(text);
    const char c = text.front();
    letters += length > 0 ? ' ' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    text.remove_prefix(std::min(std::max<std::size_t>(length, 1), text.size()));
  }
  std::string key = squeezed(letters);
  return key.empty() ? std::string(whole) : key;
}

std::string without_shortcut(std::string_view text) {
  std::string out(text);
  for (const char mark : {'_', '~'}) {
    const std::size_t at = out.find(mark);
    if (at != out.npos && out.find(mark, at + 1) == out.npos) out.erase(at, 1);
  }
  return out;
}

std::vector<TextPair> read_pairs(const fs::path& packages) {
  std::set<TextPair> pairs;
  add_interface(packages, "de", pairs);
  add_help(packages, pairs);
  return counted(pairs, packages, kPairs);
}

std::vector<TextPair> read_interface_pairs(const fs::path& package, const std::string& language,
                                           std::int64_t expected) {
  std::set<TextPair> pairs;
  add_interface(package, language, pairs);
  return counted(pairs, package, expected);
}

std::vector<SplitPair> split(const std::vector<TextPair>& pairs) {
  const std::vector<std::string> keys = group_keys(pairs);
  std::vector<std::pair<std::uint64_t, SplitPair>> hashed;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const std::uint64_t hash = hash_text(pairs[i].english + '\n' + pairs[i].other);
    hashed.emplace_back(hash, SplitPair{pairs[i], part_of(keys[i])});
  }
  std::sort(hashed.begin(), hashed.end(), [](const auto& a, const auto& b) {
    return std::tie(a.first, a.second.text) < std::tie(b.first, b.second.text);
  });
  std::vector<SplitPair> out;
  for (auto& [hash, pair] : hashed) out.push_back(std::move(pair));
  return out;
}

}  // namespace timetrial::transformer
