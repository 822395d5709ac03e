#pragma once
// Version of the submission SDK. A submission built against major.minor loads only into a harness
// of the same major.minor (see export.h); the patch number never changes layout.

#define TIMETRIAL_SDK_VERSION_MAJOR 0
#define TIMETRIAL_SDK_VERSION_MINOR 2
#define TIMETRIAL_SDK_VERSION_PATCH 0
