#include "workloads/speech/librispeech_workload.h"

namespace timetrial::speech {

workloads::Facts LibriSpeechWorkload::facts() const {
  return {.loss_type = LossType::ctc,
          .metric = "wer",
          .higher_is_better = false,
          .dataset = "librispeech",
          .source = workloads::DataSource::official,
          .default_dropout = kDefaultDropout};
}

}  // namespace timetrial::speech
