#pragma once
// Translation from English into several languages by one model, each language a task.

#include "workloads/transformer/translation.h"

#include <string>
#include <vector>

namespace timetrial::multilingual {

class TranslationTasks : public transformer::Translation {
 public:
  TranslationTasks(const transformer::Config& config, std::vector<std::string> languages)
      : Translation(config), languages_(std::move(languages)) {}

  /// All but the data set and where it comes from. Metric "loss", the mean of the languages'.
  workloads::Facts facts() const override;
  Loss loss(const Batch& batch, const ModelOutput& output, double label_smoothing) const override;

 protected:
  const std::vector<std::string>& languages() const { return languages_; }

 private:
  std::vector<std::string> languages_;
};

}  // namespace timetrial::multilingual
