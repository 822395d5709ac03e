#pragma once
// Which journal is safe where the store lies. WAL shares memory between its processes, which
// network file systems don't offer across hosts; there the rollback journal (DELETE) is used
// instead. Source: sqlite.org/wal.html, section 1; magic numbers: statfs(2).

#include <chrono>
#include <filesystem>
#include <string>

namespace timetrial::store {

class Connection;

/// Name of the network (or user-space) file system with this magic number; empty for a local one.
std::string network_file_system(long magic);

/// The same for the file system that holds `folder`; empty also when that cannot be told.
std::string network_file_system_of(const std::filesystem::path& folder);

/// Sets WAL, or DELETE with full durability on a network file system. Returns whether it is WAL.
/// Waits while another process opens the same file. Throws InputError for a store in WAL that lies
/// on a network file system and is in use.
bool choose_journal(Connection& connection);

/// The same for a store of which it is known where it lies: `network` names the file system, and is
/// empty for a local disk.
bool choose_journal(Connection& connection, const std::string& network,
                    std::chrono::milliseconds patience);

/// Sets a rollback journal on a store in WAL that nobody else has open, and nothing otherwise:
/// rows that are added at the end of the file are then written once, not twice. The store is as
/// safe as before, but its readers wait while it grows. Returns whether it was set; choose_journal
/// ends it.
bool leave_wal(Connection& connection);

}  // namespace timetrial::store
