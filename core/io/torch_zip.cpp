#include "core/io/torch_zip.h"

#include "core/base/shorten.h"

#include <algorithm>
#include <cstring>

namespace attune::io {

namespace {

constexpr uint64_t kMaxEntries = 1 << 18;
constexpr uint64_t kMaxNameBytes = 1024;
constexpr uint64_t kEndBytes = 22, kEnd64Bytes = 56, kLocatorBytes = 20, kEntryBytes = 46, kLocalBytes = 30;
constexpr uint32_t kFull16 = 0xFFFF, kFull32 = 0xFFFFFFFF; // "see the zip64 field"

template <typename T> T at(ByteView bytes, uint64_t offset) {
  T value;
  std::memcpy(&value, bytes.data + offset, sizeof value);
  return value;
}

/// No way out of the archive's own folder, should anybody ever unpack it.
bool isSafeName(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes) return false;
  for (const char c : name)
    if (static_cast<unsigned char>(c) < 0x20 || c == '\\' || c == ':') return false;
  for (size_t begin = 0; begin <= name.size();) {
    const size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view part = name.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..") return false;
    begin = end + 1;
  }
  return true;
}

class ZipReader {
public:
  ZipReader(ByteView bytes, const std::string &where) : m_bytes(bytes), m_where(where) {}

  Result<std::vector<ZipRecord>> read() {
    ATTUNE_CHECK(findDirectory());
    uint64_t position = m_directory;
    for (uint64_t i = 0; i < m_count; ++i) ATTUNE_CHECK(readEntry(position));
    if (position != m_directoryEnd) return malformed("The zip directory holds more than its entries");
    std::sort(m_extents.begin(), m_extents.end());
    for (size_t i = 1; i < m_extents.size(); ++i)
      if (m_extents[i].first < m_extents[i - 1].second) return malformed("Two entries of the zip archive overlap");
    std::sort(m_records.begin(), m_records.end(), [](const ZipRecord &a, const ZipRecord &b) { return a.name < b.name; });
    for (size_t i = 1; i < m_records.size(); ++i)
      if (m_records[i].name == m_records[i - 1].name) return malformed(entry(m_records[i].name) + " stands in the zip archive twice");
    return std::move(m_records);
  }

private:
  struct Sizes {
    uint64_t bytes, compressed, offset;
  };

  Error malformed(const std::string &message) const {
    return {ErrorCode::MalformedFile, message + ".", m_where, "Download the file again, or use the model's safetensors files."};
  }
  static std::string entry(std::string_view name) {
    std::string shown = shortened(std::string(name));
    for (char &c : shown)
      if (static_cast<unsigned char>(c) < 0x20) c = '?'; // one line
    return "The entry \"" + shown + "\"";
  }

  /// The end records stand at the very end: torch.save writes no comment, and one could hide a second directory.
  Status findDirectory() {
    if (m_bytes.size < kEndBytes || at<uint32_t>(m_bytes, m_bytes.size - kEndBytes) != 0x06054b50 ||
        at<uint16_t>(m_bytes, m_bytes.size - 2) != 0)
      return malformed("The file does not end with a zip directory: it is truncated or was not written by torch.save");
    const uint64_t end = m_bytes.size - kEndBytes;
    uint64_t countHere = at<uint16_t>(m_bytes, end + 8), size = at<uint32_t>(m_bytes, end + 12);
    m_count = at<uint16_t>(m_bytes, end + 10);
    m_directory = at<uint32_t>(m_bytes, end + 16);
    m_directoryEnd = end;
    bool oneDisk = at<uint32_t>(m_bytes, end + 4) == 0;
    if (end >= kLocatorBytes && at<uint32_t>(m_bytes, end - kLocatorBytes) == 0x07064b50) {
      const uint64_t locator = end - kLocatorBytes, end64 = at<uint64_t>(m_bytes, locator + 8);
      if (locator < kEnd64Bytes || end64 != locator - kEnd64Bytes || at<uint32_t>(m_bytes, end64) != 0x06064b50 ||
          at<uint64_t>(m_bytes, end64 + 4) != kEnd64Bytes - 12)
        return malformed("The zip64 end record is not where the archive says");
      const auto agrees = [](uint64_t small, uint64_t full, uint64_t large) { return small == full || small == large; };
      const uint64_t count64 = at<uint64_t>(m_bytes, end64 + 32), size64 = at<uint64_t>(m_bytes, end64 + 40),
                     directory64 = at<uint64_t>(m_bytes, end64 + 48);
      if (!agrees(m_count, kFull16, count64) || !agrees(size, kFull32, size64) || !agrees(m_directory, kFull32, directory64))
        return malformed("The two end records of the zip archive contradict each other");
      countHere = at<uint64_t>(m_bytes, end64 + 24);
      oneDisk = at<uint64_t>(m_bytes, end64 + 16) == 0;
      m_count = count64;
      size = size64;
      m_directory = directory64;
      m_directoryEnd = end64;
    }
    if (!oneDisk || countHere != m_count) return malformed("The zip archive is one part of several");
    if (m_directory > m_directoryEnd || size != m_directoryEnd - m_directory || m_count > kMaxEntries || m_count * kEntryBytes > size)
      return malformed("The zip directory does not have the size that the archive says");
    return {};
  }

  Status readEntry(uint64_t &position) {
    if (m_directoryEnd - position < kEntryBytes || at<uint32_t>(m_bytes, position) != 0x02014b50)
      return malformed("The zip directory is damaged");
    const uint16_t flags = at<uint16_t>(m_bytes, position + 8), method = at<uint16_t>(m_bytes, position + 10);
    const uint64_t nameBytes = at<uint16_t>(m_bytes, position + 28), extraBytes = at<uint16_t>(m_bytes, position + 30),
                   commentBytes = at<uint16_t>(m_bytes, position + 32);
    if (m_directoryEnd - position - kEntryBytes < nameBytes + extraBytes + commentBytes) return malformed("The zip directory is damaged");
    const std::string_view name(reinterpret_cast<const char *>(m_bytes.data + position + kEntryBytes), nameBytes);
    const bool isFolder = nameBytes > 1 && name.back() == '/';
    if (!isSafeName(isFolder ? name.substr(0, nameBytes - 1) : name))
      return malformed(entry(name) + " of the zip archive has a name that leaves its folder or cannot be one");
    if (flags & 0x2041) return malformed(entry(name) + " of the zip archive is encrypted");
    if (method != 0) return malformed(entry(name) + " of the zip archive is compressed, which torch.save never does");
    Sizes sizes = {at<uint32_t>(m_bytes, position + 24), at<uint32_t>(m_bytes, position + 20), at<uint32_t>(m_bytes, position + 42)};
    if (!readZip64(m_bytes.sub(position + kEntryBytes + nameBytes, extraBytes), sizes, true) || sizes.bytes != sizes.compressed ||
        at<uint16_t>(m_bytes, position + 34) != 0 || (isFolder && sizes.bytes != 0))
      return malformed(entry(name) + " of the zip archive has impossible sizes");
    position += kEntryBytes + nameBytes + extraBytes + commentBytes;

    const uint64_t local = sizes.offset;
    if (local > m_directory || m_directory - local < kLocalBytes || at<uint32_t>(m_bytes, local) != 0x04034b50)
      return malformed(entry(name) + " does not lie where the zip directory says");
    const uint64_t localName = at<uint16_t>(m_bytes, local + 26), localExtra = at<uint16_t>(m_bytes, local + 28);
    const uint64_t data = local + kLocalBytes + localName + localExtra;
    if (data > m_directory || m_directory - data < sizes.bytes) return malformed(entry(name) + " reaches beyond its zip archive");
    Sizes here = {at<uint32_t>(m_bytes, local + 22), at<uint32_t>(m_bytes, local + 18), 0};
    const bool sizesFollow = (at<uint16_t>(m_bytes, local + 6) & 8) != 0; // behind the data
    const bool same = localName == nameBytes && std::memcmp(m_bytes.data + local + kLocalBytes, name.data(), nameBytes) == 0 &&
                      at<uint16_t>(m_bytes, local + 8) == 0;
    if (!same || (!sizesFollow && (!readZip64(m_bytes.sub(local + kLocalBytes + localName, localExtra), here, false) ||
                                   here.bytes != sizes.bytes || here.compressed != sizes.bytes)))
      return malformed(entry(name) + " is described in two ways in the zip archive");
    m_extents.emplace_back(local, data + sizes.bytes);
    if (!isFolder) m_records.push_back({name, data, sizes.bytes});
    return {};
  }

  /// Replaces sizes that do not fit into 32 bits by those of the zip64 field, which holds exactly the ones needed.
  static bool readZip64(ByteView extra, Sizes &sizes, bool withOffset) {
    std::vector<uint64_t *> wanted;
    for (uint64_t *size : {&sizes.bytes, &sizes.compressed})
      if (*size == kFull32) wanted.push_back(size);
    if (withOffset && sizes.offset == kFull32) wanted.push_back(&sizes.offset);
    if (wanted.empty()) return true;
    for (uint64_t position = 0; extra.contains(position, 4);) {
      const uint16_t id = at<uint16_t>(extra, position), length = at<uint16_t>(extra, position + 2);
      position += 4;
      if (!extra.contains(position, length)) return false;
      if (id == 1) {
        if (length < 8 * wanted.size()) return false;
        for (uint64_t *size : wanted) {
          *size = at<uint64_t>(extra, position);
          position += 8;
        }
        return true;
      }
      position += length;
    }
    return false;
  }

  ByteView m_bytes;
  const std::string &m_where;
  uint64_t m_directory = 0, m_directoryEnd = 0, m_count = 0;
  std::vector<ZipRecord> m_records;
  std::vector<std::pair<uint64_t, uint64_t>> m_extents; // of header and data together
};

} // namespace

Result<std::vector<ZipRecord>> readStoredZip(ByteView archive, const std::string &where) { return ZipReader(archive, where).read(); }

} // namespace attune::io
