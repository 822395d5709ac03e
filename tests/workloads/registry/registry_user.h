#pragma once
// What a library that uses workloads sees of the registry.

#include <string>
#include <vector>

std::vector<std::string> registered_names();
