#include "harness/store/journal.h"

#include "harness/store/connection.h"
#include "harness/store/store.h"
#include "harness/trial/error.h"

#include <sqlite3.h>
#include <sys/vfs.h>

#include <array>

namespace timetrial::store {
namespace {

struct FileSystem {
  long magic;
  const char* name;
};
constexpr std::array kNetworkFileSystems{
    FileSystem{0x6969, "NFS"},
    FileSystem{0x517B, "SMB"},
    FileSystem{0xFF534D42, "CIFS"},
    FileSystem{0xFE534D42, "SMB2"},
    FileSystem{0x0BD00BD0, "Lustre"},
    FileSystem{0x47504653, "GPFS"},
    FileSystem{0x00C36400, "Ceph"},
    FileSystem{0x19830326, "BeeGFS"},
    FileSystem{0x5346414F, "AFS"},
    FileSystem{0x73757245, "Coda"},
    FileSystem{0x01021997, "9P"},
    FileSystem{0x65735546, "FUSE"},
    FileSystem{0x01161970, "GFS2"},
    FileSystem{0x7461636F, "OCFS2"},
    FileSystem{0x6B414653, "AFS"},
    FileSystem{0x20030528, "OrangeFS"},
    FileSystem{0xAAD7AAEA, "PanFS"},
    FileSystem{0xBEEFDEAD, "StorNext"},
    FileSystem{0x786F4256, "VirtualBox"},
    FileSystem{0xBACBACBC, "VMware"},
};

constexpr std::chrono::milliseconds kPatience{30'000}, kPause{50};

/// SQLite does not wait for a lock when the journal's mode changes, so this does.
std::string set_mode(Connection& connection, const std::string& mode,
                     std::chrono::milliseconds patience) {
  for (std::chrono::milliseconds waited{0};; waited += kPause) {
    try {
      return connection.text("PRAGMA journal_mode = " + mode);
    } catch (const StoreError&) {
      const bool busy = (sqlite3_errcode(connection.raw()) & 0xff) == SQLITE_BUSY;
      if (!busy || waited >= patience) throw;
      sqlite3_sleep(static_cast<int>(kPause.count()));
    }
  }
}

}  // namespace

std::string network_file_system(long magic) {
  for (const auto& entry : kNetworkFileSystems) {
    // f_type is signed and 32 bits wide on some machines; compare the bits.
    if (static_cast<unsigned>(entry.magic) == static_cast<unsigned>(magic)) return entry.name;
  }
  return "";
}

std::string network_file_system_of(const std::filesystem::path& folder) {
  struct statfs status {};
  if (::statfs(folder.empty() ? "." : folder.c_str(), &status) != 0) return "";
  return network_file_system(static_cast<long>(status.f_type));
}

bool choose_journal(Connection& connection) {
  return choose_journal(connection, network_file_system_of(connection.file().parent_path()),
                        kPatience);
}

bool choose_journal(Connection& connection, const std::string& network,
                    std::chrono::milliseconds patience) {
  const std::string wanted = network.empty() ? "wal" : "delete";
  if (connection.text("PRAGMA journal_mode") == wanted) return network.empty();
  try {
    if (set_mode(connection, wanted, patience) == wanted) return network.empty();
  } catch (const StoreError&) {
    if (network.empty()) throw;
  }
  throw InputError(connection.file().string() +
                   ": in WAL mode and in use on a network file system (" + network +
                   "), where WAL loses data; move the store to a local disk");
}

bool leave_wal(Connection& connection) {
  try {
    return connection.text("PRAGMA journal_mode") == "wal" &&
           connection.text("PRAGMA journal_mode = delete") == "delete";
  } catch (const StoreError&) {
    if ((sqlite3_errcode(connection.raw()) & 0xff) == SQLITE_BUSY) return false;
    throw;
  }
}

}  // namespace timetrial::store
