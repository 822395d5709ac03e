#include "workloads/speech/librispeech_workload.h"

#include "workloads/speech/librispeech_data.h"

namespace timetrial::speech {

workloads::Facts LibriSpeechWorkload::facts() const {
  return {.loss_type = LossType::ctc,
          .metric = "wer",
          .higher_is_better = false,
          .dataset = "librispeech",
          .source = workloads::DataSource::official,
          .default_dropout = kDefaultDropout};
}

std::unique_ptr<workloads::TrainingData> LibriSpeechWorkload::open_training(
    const std::filesystem::path& training_dir) const {
  return open_librispeech_training(training_dir);
}

std::unique_ptr<workloads::Evaluation> LibriSpeechWorkload::open_evaluation(
    const std::filesystem::path& held_back_dir) const {
  return open_librispeech_evaluation(held_back_dir);
}

void LibriSpeechWorkload::prepare(const std::filesystem::path& source,
                                  const std::filesystem::path& out) const {
  prepare_librispeech(source, out);
}

std::uint64_t LibriSpeechWorkload::bytes_to_prepare(const std::filesystem::path& source) const {
  return librispeech_bytes_to_prepare(source);
}

}  // namespace timetrial::speech
