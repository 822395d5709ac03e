// Says it is a submission of this SDK, and uses a function that nobody defines.
#include <timetrial/export.h>

#include <string>

int defined_nowhere(int number);

namespace {

timetrial::Submission* create() {
  defined_nowhere(0);
  return nullptr;
}

}  // namespace

extern "C" {
__attribute__((visibility("default"), used, section(".timetrial")))
timetrial::ExportRecord timetrial_submission = {"timetrial-sdk",
                                                sizeof(timetrial::ExportRecord),
                                                TIMETRIAL_SDK_VERSION_MAJOR,
                                                TIMETRIAL_SDK_VERSION_MINOR,
                                                TIMETRIAL_SDK_VERSION_PATCH,
                                                TIMETRIAL_LIBTORCH_VERSION,
                                                TIMETRIAL_COMPILER,
                                                _GLIBCXX_USE_CXX11_ABI,
                                                "missing_symbol",
                                                "An Author",
                                                create,
                                                [](timetrial::Submission*) {}};
}
