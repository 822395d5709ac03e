#pragma once
// A telephone exchange's announcements: one voice, English, to be written down letter by letter.
//
// Source    Debian packages asterisk-core-sounds-en-wav and asterisk-core-sounds-en 1.6.1 (one
//           speaker, 8 kHz); README.md has the licence and what is left out
// Splits    by what is said, 70 : 15 : 15 (clips.h); train subset: training clips, evenly spread,
//           as many as validation has
// Prepared  training/train.safetensors, held_back/{train_subset,validation,test}.safetensors, each
//           with `audio` I16 [n, 24121], zeros behind the clip; `samples` I64 [n], its length;
//           `tokens` U8 [n, 64], zeros behind the text; `token_counts` I64 [n]
// Tokens    0 blank, 1 space, 2 apostrophe, 3 to 28 the letters a to z
// Front end as LibriSpeech's at half the sample rate: 40 mel bins from 125 to 3,800 Hz, their mean
//           and deviation those of the training clips (log_mel_statistics.h)

#include "workloads/speech/recognition.h"

namespace timetrial::asterisk {

inline constexpr std::int64_t kSampleRate = 8000;
/// 300 frames of 10 ms, 75 for the model: just over 3 seconds.
inline constexpr std::int64_t kLongestSamples = 299 * 80 + 201;
inline constexpr std::int64_t kLongestText = 64;  ///< characters
inline constexpr std::int64_t kTokens = 29;
/// What to do about a damaged package, for the end of messages.
inline constexpr char kUnpackAgain[] =
    "; unpack the packages of asterisk-en again (scripts/setup.sh)";

speech::LogMelConfig log_mel_config();

/// Token ids of lower case letters, apostrophes and spaces, and back.
std::vector<std::int64_t> tokens_of(std::string_view words);
std::string text_of(const std::vector<std::int64_t>& tokens);

/// What workloads on these recordings share, whatever their model: all but model and configuration.
/// Batch    as recognition.h says, N = 24,121 samples at 8 kHz and S = 64 for every example
/// Metrics  `cer`, character edits over the characters of the texts, and `wer`, the same of words,
///          both of the greedy decoding; `ctc_loss`, nats per character
class Asterisk : public speech::RecognitionWorkload {
 public:
  workloads::Facts facts() const final;
  std::unique_ptr<workloads::TrainingData> open_training(
      const std::filesystem::path& training_dir) const final;
  std::unique_ptr<workloads::Evaluation> open_evaluation(
      const std::filesystem::path& held_back_dir) const final;
  /// Reads <packages>/asterisk-en.
  void prepare(const std::filesystem::path& packages, const std::filesystem::path& out) const final;
};

}  // namespace timetrial::asterisk
