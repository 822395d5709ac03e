#pragma once
// One model for several languages, of which one has much text and another little. Each example is
// of one language, and each language is a task.
//
//   libreoffice_lm           the next byte of German and Zulu texts; the model of workloads/lm
//   libreoffice_translation  from English to German and to Zulu; the model of
//   workloads/transformer,
//                            told by the first token of the source which language is wanted
//   wmt_en_fr_ro             from English to French and to Romanian, in full size
//
// Batches  as lm.h and transformer.h have them, and tasks int64 [B]
// Loss     as there; the tasks' are means over their tokens
// Metrics  each task's own, "<task>/loss" and so on, and their means over the tasks, which do not
//          depend on how much text a language has
// Source   the imbalance: Choi et al. 2023 (arXiv 2312.06134)

#include "workloads/lm/lm.h"
#include "workloads/transformer/transformer.h"

namespace timetrial::multilingual {

std::unique_ptr<workloads::Workload> make_lm(const lm::Config& config);

/// `config.vocab_size` counts the subwords and one token for each language.
std::unique_ptr<workloads::Workload> make_translation(const transformer::Config& config);

/// Of Choi et al. and Xin et al. 2022 (arXiv 2209.11379): 3 + 3 layers, width 512, MLP 2,048, 8
/// heads, 64,000 subwords. Timetrial has no reader of its data yet.
transformer::Config wmt_en_fr_ro_config();
std::unique_ptr<workloads::Workload> make_wmt_en_fr_ro(const transformer::Config& config);

}  // namespace timetrial::multilingual
