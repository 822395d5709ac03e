#include "workloads/metrics/bleu.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace timetrial::metrics {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// ASCII punctuation that always stands alone: all but ' , - . (and with the space, which does no
/// harm: white space is collapsed later).
bool stands_alone(char c) {
  return (c >= ' ' && c <= '&') || (c >= '(' && c <= '+') || c == '/' || (c >= ':' && c <= '@') ||
         (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

/// Bytes of the white space that `text` begins with, 0 if it does not: what Python's str.isspace
/// says of a character.
std::size_t white_space(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  const int first = byte(0);
  if (first == ' ' || (first >= 0x09 && first <= 0x0d) || (first >= 0x1c && first <= 0x1f)) {
    return 1;
  }
  if (first == 0xc2 && (byte(1) == 0x85 || byte(1) == 0xa0)) return 2;  // U+0085, U+00A0
  if (first == 0xe1 && byte(1) == 0x9a && byte(2) == 0x80) return 3;    // U+1680
  if (first == 0xe3 && byte(1) == 0x80 && byte(2) == 0x80) return 3;    // U+3000
  if (first == 0xe2 && byte(1) == 0x81 && byte(2) == 0x9f) return 3;    // U+205F
  if (first != 0xe2 || byte(1) != 0x80) return 0;
  const int third = byte(2);  // U+2000 to U+200A, U+2028, U+2029, U+202F
  const bool blank =
      (third >= 0x80 && third <= 0x8a) || third == 0xa8 || third == 0xa9 || third == 0xaf;
  return blank ? 3 : 0;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  while (!text.empty()) {
    const std::size_t blank = white_space(text);
    if (blank == 0) {
      word += text.front();
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
    text.remove_prefix(std::max<std::size_t>(blank, 1));
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

std::string_view without_trailing_space(std::string_view text) {
  std::size_t end = 0;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t blank = white_space(text.substr(i));
    i += std::max<std::size_t>(blank, 1);
    if (blank == 0) end = i;
  }
  return text.substr(0, end);
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

/// Rewrites each pair of neighbours that `matches` as `rewritten` says, left to right; a pair that
/// was rewritten is over, its second character begins no other.
template <typename Matches, typename Rewritten>
std::string rewrite_pairs(const std::string& text, Matches matches, Rewritten rewritten) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i + 1 < text.size() && matches(text[i], text[i + 1])) {
      out += rewritten(text[i], text[i + 1]);
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool is_point(char c) { return c == '.' || c == ','; }

using NgramCounts = std::map<std::vector<std::string>, std::int64_t>;

NgramCounts ngrams(const std::vector<std::string>& words) {
  NgramCounts counts;
  for (std::size_t order = 1; order <= Bleu::kOrders; ++order) {
    for (std::size_t i = 0; i + order <= words.size(); ++i) {
      const auto begin = words.begin() + static_cast<std::ptrdiff_t>(i);
      ++counts[{begin, begin + static_cast<std::ptrdiff_t>(order)}];
    }
  }
  return counts;
}

}  // namespace

// Works on bytes: every rule looks for ASCII characters, which are no part of a longer UTF-8
// sequence, and puts spaces only before or after them.
std::vector<std::string> tokenize_13a(std::string_view segment) {
  std::string text(without_trailing_space(segment));
  replace_all(text, "<skipped>", "");
  replace_all(text, "-\n", "");
  replace_all(text, "\n", " ");
  replace_all(text, "&quot;", "\"");
  replace_all(text, "&amp;", "&");
  replace_all(text, "&lt;", "<");
  replace_all(text, "&gt;", ">");
  std::string spaced = " ";
  for (const char c : text) {
    spaced += stands_alone(c) ? std::string{' ', c, ' '} : std::string(1, c);
  }
  spaced += ' ';
  const auto second_alone = [](char a, char b) { return std::string{a, ' ', b, ' '}; };
  const auto first_alone = [](char a, char b) { return std::string{' ', a, ' ', b}; };
  spaced = rewrite_pairs(
      spaced, [](char a, char b) { return !is_digit(a) && is_point(b); }, second_alone);
  spaced = rewrite_pairs(
      spaced, [](char a, char b) { return is_point(a) && !is_digit(b); }, first_alone);
  spaced = rewrite_pairs(
      spaced, [](char a, char b) { return is_digit(a) && b == '-'; }, second_alone);
  return split(spaced);
}

void Bleu::add(std::string_view translation, std::string_view reference) {
  const auto words = tokenize_13a(translation), expected = tokenize_13a(reference);
  translation_length_ += static_cast<std::int64_t>(words.size());
  reference_length_ += static_cast<std::int64_t>(expected.size());
  const NgramCounts allowed = ngrams(expected);
  for (const auto& [ngram, count] : ngrams(words)) {
    const auto found = allowed.find(ngram);
    totals_[ngram.size() - 1] += count;
    if (found != allowed.end()) matches_[ngram.size() - 1] += std::min(count, found->second);
  }
}

void Bleu::add(const Bleu& part) {
  for (std::size_t i = 0; i < kOrders; ++i) {
    matches_[i] += part.matches_[i];
    totals_[i] += part.totals_[i];
  }
  translation_length_ += part.translation_length_;
  reference_length_ += part.reference_length_;
}

std::array<double, Bleu::kOrders> Bleu::precisions() const {
  std::array<double, kOrders> result{};
  double smoothing = 1;
  for (std::size_t i = 0; i < kOrders && totals_[i] != 0; ++i) {
    const auto total = static_cast<double>(totals_[i]);
    if (matches_[i] == 0) {
      smoothing *= 2;
      result[i] = 100 / (smoothing * total);
    } else {
      result[i] = 100 * static_cast<double>(matches_[i]) / total;
    }
  }
  return result;
}

double Bleu::brevity_penalty() const {
  if (translation_length_ >= reference_length_) return 1;
  if (translation_length_ == 0) return 0;
  return std::exp(1 - static_cast<double>(reference_length_) /
                          static_cast<double>(translation_length_));
}

double Bleu::score() const {
  double logs = 0;
  for (const double precision : precisions()) {
    if (precision == 0) return 0;
    logs += std::log(precision);
  }
  return brevity_penalty() * std::exp(logs / kOrders);
}

}  // namespace timetrial::metrics
