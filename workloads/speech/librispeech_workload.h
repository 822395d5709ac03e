#pragma once
// LibriSpeech as a task: what its workloads share, whatever their model.
//
// Batch    as recognition.h says: N = 320,000 samples at 16 kHz
// Metrics  ctc_loss, and wer, AlgoPerf's word error rate (recognition_sums.h)

#include "workloads/speech/recognition.h"

namespace timetrial::speech {

class LibriSpeechWorkload : public RecognitionWorkload {
 public:
  workloads::Facts facts() const final;
  std::unique_ptr<workloads::TrainingData> open_training(
      const std::filesystem::path& training_dir) const final;
  std::unique_ptr<workloads::Evaluation> open_evaluation(
      const std::filesystem::path& held_back_dir) const final;
  void prepare(const std::filesystem::path& source, const std::filesystem::path& out) const final;
  std::uint64_t bytes_to_prepare(const std::filesystem::path& source) const final;
};

}  // namespace timetrial::speech
