#pragma once
// Word error rate: word edits that turn a hypothesis into its reference, over the reference's
// words.
//
// AlgoPerf compares other strings than it means to: it converts a TensorFlow scalar to text, and so
// compares "tf.Tensor(b'HELLO WORLD', shape=(), dtype=string)". Every reference gains two words,
// the first and last word carry a prefix and a suffix, and an apostrophe turns the quotes into
// double ones, which changes those two words. Its published targets are of this rate, so it is kept
// here beside the plain one.
//
// Source  AlgoPerf's librispeech_conformer/metrics.py (commit 2c90454fc05d)

#include <cstdint>
#include <string>
#include <string_view>

namespace timetrial::metrics {

struct WordErrors {
  std::int64_t errors = 0;  ///< insertions, deletions and substitutions, at least
  std::int64_t words = 0;   ///< of the reference

  WordErrors& operator+=(const WordErrors& other) {
    errors += other.errors;
    words += other.words;
    return *this;
  }
  /// NaN before the first word.
  double rate() const { return static_cast<double>(errors) / static_cast<double>(words); }
};

/// Words are what ASCII white space separates.
WordErrors word_errors(std::string_view hypothesis, std::string_view reference);

/// The same of the texts' printed_tensor().
WordErrors printed_word_errors(std::string_view hypothesis, std::string_view reference);

/// How Python prints a TensorFlow scalar that holds these bytes.
std::string printed_tensor(std::string_view text);

}  // namespace timetrial::metrics
