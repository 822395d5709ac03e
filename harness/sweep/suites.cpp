#include "harness/sweep/suites.h"

#include "harness/sweep/selection.h"
#include "harness/trial/error.h"
#include "harness/trial/suggest.h"

namespace timetrial::sweep {

const std::vector<Suite>& suites() {
  static const std::vector<Suite> all = {
      {"algoperf",
       "AlgoPerf's workloads and variants, in its sizes, on official data",
       {"cifar", "criteo1tb*", "fastmri*", "finewebedu_lm*", "imagenet_*", "librispeech_*", "mnist",
        "ogbg*", "wmt*", "!wmt_en_fr_ro", "!wmt_qk_layer_norm", "!wmt_z_loss", "!imagenet_vit_22b",
        "!imagenet_vit_b16", "!imagenet_vit_l16"}},
      {"curvature", "small enough to measure the Hessian at every step", {"teacher_mlp_fullbatch"}},
      {"instability",
       "models that diverge at rates that are not much too high, and what repairs them",
       {"bytes_lm*", "ctr_drift*", "gcide_lm*", "libreoffice_transformer*", "shapes_vit*",
        "teacher_mlp_fullbatch", "wmt_qk_layer_norm", "wmt_z_loss"}},
      {"mini",
       "the models of AlgoPerf's workloads and variants, small, on packaged data",
       {"asterisk_*", "chemicals_gnn*", "fashion_mnist_*", "gcide_lm*", "libreoffice_transformer*",
        "movielens_dlrm*", "mri_heads_unet*"}},
      {"multitask",
       "several losses trained together",
       {"celeba40", "cityscapes_two_task", "ctr_drift*", "libreoffice_lm*",
        "libreoffice_translation*", "movielens_ranking*", "multi_fashion_mnist*",
        "teacher_imbalanced*", "teacher_two_tasks*", "wmt_en_fr_ro"}},
      {"vit",
       "vision transformers and what was changed of them",
       {"fashion_mnist_vit*", "imagenet_vit*", "shapes_*"}},
  };
  return all;
}

const Suite& find_suite(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& suite : suites()) {
    if (suite.name == name) return suite;
    names.push_back(suite.name);
  }
  throw InputError(unknown_name("suite", name, names));
}

std::vector<std::string> members(const Suite& suite, const std::vector<std::string>& known) {
  return apply(suite.patterns, known, [](const std::string&) {});
}

}  // namespace timetrial::sweep
