#pragma once
// What a submission is told of a workload.

#include "workloads/workload.h"

#include <timetrial/workload_info.h>

#include <string>

namespace timetrial::sdk {

/// All that the workload itself knows; targets, budget and step hint are left for the rules.
WorkloadInfo info_of(const std::string& name, const workloads::Facts& facts,
                     const workloads::TrainingData& data);

/// For a submission that runs blind: blind_view.h's word for the workload's name, and "task 0",
/// "task 1", … for those of several tasks.
void hide_names(WorkloadInfo& info);

}  // namespace timetrial::sdk
