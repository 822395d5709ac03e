#pragma once
// How a study's short form is read. A study's file has it under [short]; that of a compiled-in one
// may stand in short_forms/NAME.toml instead, whose keys are the same, so that a shorter one leaves
// the study's hash as it is on the page with the results.

#include "harness/study/study.h"
#include "harness/tomlfile/strict_table.h"

#include <optional>
#include <string>
#include <vector>

namespace timetrial::study {

/// `groups` are the study's. Throws InputError (file:line:column).
ShortForm read_short_form(tomlfile::Table table, const std::vector<std::string>& groups);

/// That of short_forms/, if it has one for the study.
std::optional<ShortForm> compiled_short_form(const Study& study);

}  // namespace timetrial::study
