#include "core/io/torch_file.h"

#include "core/base/shorten.h"
#include "core/io/safetensors.h"
#include "core/io/torch_zip.h"
#include "core/io/unpickler.h"

#include <algorithm>
#include <cstring>

namespace attune::io {

namespace {

bool beginsWith(ByteView bytes, std::string_view text) {
  return bytes.size >= text.size() && std::memcmp(bytes.data, text.data(), text.size()) == 0;
}

/// A pickle instead of an archive: PyTorch before 1.6, or _use_new_zipfile_serialization=False.
bool isOldLayout(ByteView bytes) { return bytes.size > 2 && bytes.data[0] == 0x80 && bytes.data[1] <= 5; }

bool isContiguous(const PickledTensor &tensor) {
  int64_t step = 1;
  for (size_t i = tensor.shape.size(); i-- > 0; step *= tensor.shape[i])
    if (tensor.shape[i] != 1 && tensor.strides[i] != step) return false;
  return true;
}

class Archive {
public:
  Archive(std::vector<ZipRecord> records, std::string_view top) : m_records(std::move(records)), m_top(top) {}
  /// The record TOP/name; null when absent.
  const ZipRecord *find(const std::string &name) const {
    const std::string full = m_top + "/" + name;
    const auto found = std::lower_bound(m_records.begin(), m_records.end(), full,
                                        [](const ZipRecord &record, const std::string &key) { return record.name < key; });
    return found != m_records.end() && found->name == full ? &*found : nullptr;
  }

private:
  std::vector<ZipRecord> m_records;
  std::string m_top;
};

} // namespace

Result<std::vector<StoredTensor>> parseTorchFile(ByteView bytes, const std::string &where) {
  const auto malformed = [&](const std::string &message) {
    return Error{ErrorCode::MalformedFile, message + ".", where, "Download the file again, or use the model's safetensors files."};
  };
  const auto unsupported = [&](const std::string &message) {
    return Error{ErrorCode::UnsupportedFormat, message + ".", where,
                 "Use the model's safetensors files, or load the weights with a current PyTorch and save them again."};
  };
  if (beginsWith(bytes, "version https://git-lfs"))
    return malformed("The file is only a Git LFS pointer: the weights themselves were not downloaded");
  if (isOldLayout(bytes)) return unsupported("The file has the layout of PyTorch before 1.6, a bare pickle, which is not read");

  ATTUNE_TRY(auto records, readStoredZip(bytes, where));
  std::string_view top;
  for (const ZipRecord &record : records) {
    const size_t slash = record.name.find('/');
    if (slash == std::string_view::npos || record.name.substr(slash) != "/data.pkl") continue;
    if (!top.empty()) return malformed("The archive holds two files data.pkl");
    top = record.name.substr(0, slash);
  }
  if (top.empty()) return malformed("The archive holds no data.pkl, so it is not a file of torch.save");
  for (const ZipRecord &record : records)
    if (record.name.size() <= top.size() || record.name.substr(0, top.size()) != top || record.name[top.size()] != '/')
      return malformed("The entry \"" + shortened(std::string(record.name)) + "\" lies outside the archive's own folder");
  const Archive archive(std::move(records), top);
  if (archive.find("constants.pkl")) return unsupported("The file is a TorchScript program, not a dictionary of weights");
  if (const ZipRecord *order = archive.find("byteorder"))
    if (order->bytes != 6 || std::memcmp(bytes.data + order->offset, "little", 6) != 0)
      return unsupported("The file's numbers are not little-endian, which is not read");

  const ZipRecord *pickle = archive.find("data.pkl");
  ATTUNE_TRY(const auto pickled, unpickleTensors(bytes.sub(pickle->offset, pickle->bytes), where + "#data.pkl"));
  std::vector<StoredTensor> tensors;
  tensors.reserve(pickled.size());
  for (const PickledTensor &tensor : pickled) {
    const auto wrong = [&](const char *what) { return malformed("The tensor \"" + shortened(std::string(tensor.name)) + "\" " + what); };
    const ZipRecord *record = archive.find("data/" + std::string(tensor.storage));
    if (!record) return wrong("has no data in the archive");
    if (record->bytes != tensor.storageBytes) return wrong("has data of another size than its pickle says");
    const uint64_t size = elementBytes(tensor.type);
    StoredTensor stored;
    stored.name = std::string(tensor.name);
    stored.dtype = dtypeName(tensor.type);
    stored.type = tensor.type;
    stored.shape = tensor.shape;
    if (tensor.extent > 0 && !isContiguous(tensor)) stored.strides = tensor.strides;
    stored.bytes = bytes.sub(record->offset + tensor.offset * size, tensor.extent * size);
    stored.where = where;
    tensors.push_back(std::move(stored));
  }
  return tensors;
}

} // namespace attune::io
