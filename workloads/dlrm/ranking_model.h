#pragma once
// The model of ranking.h, uninitialised.

#include "workloads/dlrm/ranking.h"
#include "workloads/multitask/task.h"

namespace timetrial::dlrm {

std::unique_ptr<workloads::Model> make_ranking_model(const RankingConfig& config,
                                                     const std::vector<multitask::Task>& tasks,
                                                     c10::Device device);

}  // namespace timetrial::dlrm
