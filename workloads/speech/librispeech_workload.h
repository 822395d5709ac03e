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
};

}  // namespace timetrial::speech
