#include "workloads/metrics/word_errors.h"

#include "workloads/metrics/edit_distance.h"
#include "workloads/recorded_metric.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace timetrial::metrics {
namespace {

std::vector<std::string_view> split(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  std::vector<std::string_view> words;
  for (std::size_t begin = text.find_first_not_of(kSpace); begin != text.npos;) {
    const std::size_t end = std::min(text.find_first_of(kSpace, begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = text.find_first_not_of(kSpace, end);
  }
  return words;
}

/// One byte between `quote`s, as Python's repr() writes it.
std::string escaped(char byte, char quote) {
  const auto code = static_cast<unsigned char>(byte);
  if (byte == quote || byte == '\\') return {'\\', byte};
  if (byte == '\t') return "\\t";
  if (byte == '\n') return "\\n";
  if (byte == '\r') return "\\r";
  if (code >= 0x20 && code < 0x7F) return {byte};
  constexpr std::string_view kHex = "0123456789abcdef";
  return {'\\', 'x', kHex[code >> 4], kHex[code & 15]};
}

double difference(double found, const nlohmann::json& expected) {
  return std::fabs(found - expected.get<double>());
}

std::vector<CheckResult> check(const nlohmann::json& record, const std::filesystem::path&) {
  std::vector<CheckResult> results;
  WordErrors printed, plain;
  for (const auto& pair : record.at("pairs")) {
    const auto hypothesis = pair.at("hypothesis").get<std::string>();
    const auto reference = pair.at("reference").get<std::string>();
    const auto as_printed = printed_word_errors(hypothesis, reference);
    const auto as_is = word_errors(hypothesis, reference);
    printed += as_printed;
    plain += as_is;
    const double error =
        difference(static_cast<double>(as_printed.errors), pair.at("word_errors")) +
        difference(static_cast<double>(as_printed.words), pair.at("num_words")) +
        difference(static_cast<double>(as_is.errors), pair.at("plain_edit_distance")) +
        difference(static_cast<double>(as_is.words), pair.at("plain_reference_words"));
    results.push_back(
        workloads::compared("pair " + std::to_string(results.size()) + " counts", error, 0));
  }
  constexpr double kRounding = 1e-12;
  results.push_back(
      workloads::compared("wer", difference(printed.rate(), record.at("wer")), kRounding));
  results.push_back(workloads::compared(
      "plain_wer", difference(plain.rate(), record.at("plain_wer")), kRounding));
  return results;
}

}  // namespace

WordErrors word_errors(std::string_view hypothesis, std::string_view reference) {
  const auto words = split(reference);
  return {edit_distance<std::string_view>(split(hypothesis), words),
          static_cast<std::int64_t>(words.size())};
}

WordErrors printed_word_errors(std::string_view hypothesis, std::string_view reference) {
  return word_errors(printed_tensor(hypothesis), printed_tensor(reference));
}

std::string printed_tensor(std::string_view text) {
  const bool apostrophe = text.find('\'') != text.npos, quotation = text.find('"') != text.npos;
  const char quote = apostrophe && !quotation ? '"' : '\'';
  std::string printed = std::string("tf.Tensor(b") + quote;
  for (const char byte : text) printed += escaped(byte, quote);
  return printed + quote + ", shape=(), dtype=string)";
}

TIMETRIAL_RECORDED_METRIC("wer", check, "pairs", "plain_wer");

}  // namespace timetrial::metrics
