"""Weights files that attack their reader: code in the pickle, storages and strides out of bounds, lying zip archives, bombs.
Standard library only. usage: hostile_pickles.py OUT_FOLDER   (committed result: tests/data/torch_bin/hostile; each file but
valid.bin must be refused and none may create the file ATTUNE_WAS_RUN)"""
import os, shutil, struct, sys, zlib

OUT = sys.argv[1]
shutil.rmtree(OUT, ignore_errors=True)
os.makedirs(OUT)
RUN = "touch ATTUNE_WAS_RUN"
L = "model.layers.0."
SHAPES = {"model.embed_tokens.weight": (5, 16), L + "input_layernorm.weight": (16,), L + "self_attn.q_proj.weight": (16, 16),
          L + "self_attn.k_proj.weight": (8, 16), L + "self_attn.v_proj.weight": (8, 16), L + "self_attn.o_proj.weight": (16, 16),
          L + "post_attention_layernorm.weight": (16,), L + "mlp.gate_proj.weight": (12, 16), L + "mlp.up_proj.weight": (12, 16),
          L + "mlp.down_proj.weight": (16, 12), "model.norm.weight": (16,)}
COUNT = 256                                   # elements of the one storage that all tensors share


# --- pickle instructions
def text(s): return b"X" + struct.pack("<I", len(s.encode())) + s.encode()
def name(module, attribute): return b"c" + module.encode() + b"\n" + attribute.encode() + b"\n"
def tuple_of(*items): return b"(" + b"".join(items) + b"t"


def integer(n):
    if -2**31 <= n < 2**31: return b"J" + struct.pack("<i", n)
    data = n.to_bytes((n.bit_length() + 8) // 8, "little", signed=True)
    return b"\x8a" + bytes([len(data)]) + data


def numbers(values): return tuple_of(*[integer(v) for v in values])


def storage(count=COUNT, key="0", cls="FloatStorage"):
    return tuple_of(text("storage"), name("torch", cls), text(key), text("cpu"), integer(count)) + b"Q"


def tensor(shape, stride=None, offset=0, inside=None):
    if stride is None:
        stride, step = [], 1
        for size in reversed(shape): stride.insert(0, step); step *= size
    hooks = name("collections", "OrderedDict") + b")R"
    return name("torch._utils", "_rebuild_tensor_v2") + tuple_of(inside or storage(), integer(offset), numbers(shape), numbers(stride),
                                                                b"\x89", hooks) + b"R"


def state(first=None, before=b"", after=b"", names=None):
    """A complete model; `first` replaces the first tensor, `before` and `after` stand around the dictionary."""
    body = b""
    for i, (key, shape) in enumerate(SHAPES.items()):
        body += text(names(key) if names else key) + (first if first is not None and i == 0 else tensor(shape))
    return b"\x80\x02" + before + b"}(" + body + b"u" + after + b"."


# --- the archive
class Entry:
    def __init__(self, name, data, method=0, flags=0, size=None, offset=None, local=None, extra=b"", raw32=None):
        self.name, self.data, self.method, self.flags = name.encode(), data, method, flags
        self.size, self.offset, self.local, self.extra, self.raw32 = size, offset, local, extra, raw32


def archive(entries, zip64=False, count=None, comment=b"", end64_offset=None, directory_size=None):
    out, directory = b"", b""
    for e in entries:
        stored = e.data
        if e.method == 8:
            packer = zlib.compressobj(9, zlib.DEFLATED, -15)
            stored = packer.compress(e.data) + packer.flush()
        size, packed = (e.size, e.size) if e.size is not None else (len(e.data), len(stored))
        begin = len(out) if e.offset is None else e.offset
        local = e.name if e.local is None else e.local
        crc = zlib.crc32(e.data)
        out += struct.pack("<IHHHHHIIIHH", 0x04034b50, 20, e.flags, e.method, 0, 0, crc, packed & 0xFFFFFFFF, size & 0xFFFFFFFF, len(local), 0)
        out += local + stored
        size32, packed32, begin32 = e.raw32 or (size & 0xFFFFFFFF, packed & 0xFFFFFFFF, begin & 0xFFFFFFFF)
        directory += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014b50, 20, 20, e.flags, e.method, 0, 0, crc, packed32, size32, len(e.name),
                                 len(e.extra), 0, 0, 0, 0, begin32) + e.name + e.extra
    start, n, size = len(out), len(entries) if count is None else count, len(directory) if directory_size is None else directory_size
    out += directory
    if zip64:
        end64 = len(out)
        out += struct.pack("<IQHHIIQQQQ", 0x06064b50, 44, 45, 45, 0, 0, n, n, size, start)
        out += struct.pack("<IIQI", 0x07064b50, 0, end64 if end64_offset is None else end64_offset, 1)
        out += struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
        return out
    return out + struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, n & 0xFFFF, n & 0xFFFF, size, start, len(comment)) + comment


DATA = struct.pack("<%df" % COUNT, *range(COUNT))
VERSION = Entry("archive/version", b"3\n")


def parts(pickle): return [Entry("archive/data.pkl", pickle), Entry("archive/data/0", DATA), VERSION]
def write(name, data): open(os.path.join(OUT, name + ".bin"), "wb").write(data)
def pickled(name, pickle): write(name, archive(parts(pickle)))


good = state()
write("valid", archive(parts(good)))
write("valid_zip64", archive(parts(good), zip64=True))

# --- code
call = lambda module, function: state(name(module, function) + tuple_of(text(RUN)) + b"R")
pickled("code_os_system", call("posix", "system"))
pickled("code_os_system_outside", state(before=name("os", "system") + tuple_of(text(RUN)) + b"R"))
pickled("code_builtins_eval", state(name("builtins", "eval") + tuple_of(text("__import__('os').system('%s')" % RUN)) + b"R"))
pickled("code_builtin_exec_py2", call("__builtin__", "exec"))
pickled("code_subprocess", call("subprocess", "getoutput"))
pickled("code_stack_global", state(text("posix") + text("system") + b"\x93" + tuple_of(text(RUN)) + b"R"))
pickled("code_dotted_name", call("torch", "os.system"))
pickled("code_dotted_rebuild", call("torch._utils", "_rebuild_tensor_v2.__globals__"))
pickled("code_dotted_module", call("torch._utils._rebuild_tensor_v2", "__call__"))
pickled("code_getattr", call("builtins", "getattr"))
pickled("code_load_from_bytes", state(name("torch.storage", "_load_from_bytes") + tuple_of(text(RUN)) + b"R"))
pickled("code_numpy_reconstruct", call("numpy.core.multiarray", "_reconstruct"))
pickled("code_name_without_call", state(name("posix", "system")))
pickled("code_name_with_return", call("posix\r", "system"))
pickled("code_inst", state(b"(" + text(RUN) + b"iposix\nsystem\n"))
pickled("code_obj", state(b"(" + name("posix", "system") + text(RUN) + b"o"))
pickled("code_obj_whitelisted", state(b"(" + name("collections", "OrderedDict") + b"o"))
pickled("code_newobj", state(name("collections", "OrderedDict") + b")\x81"))
pickled("code_newobj_ex", state(name("collections", "OrderedDict") + b")}\x92"))
pickled("code_ext1", state(b"\x82\x01"))
pickled("code_ext4", state(b"\x84\x01\x00\x00\x00"))
pickled("code_persid", state(b"Pstorage\n"))
pickled("code_build_on_tensor", state(tensor((5, 16)) + b"}b"))
pickled("code_call_storage", state(name("torch", "FloatStorage") + tuple_of(integer(10)) + b"R"))
pickled("code_call_dict_with_items", state(name("collections", "OrderedDict") + tuple_of(b"]") + b"R"))
pickled("code_call_tensor", state(tensor((5, 16)) + b")R"))
pickled("code_next_buffer", b"\x80\x05\x97" + good[2:])

# --- tensors
pickled("tensor_offset_beyond", state(tensor((5, 16), offset=COUNT - 79)))
pickled("tensor_offset_huge", state(tensor((5, 16), offset=2**63 - 1)))
pickled("tensor_offset_negative", state(tensor((5, 16), offset=-1)))
pickled("tensor_size_beyond", state(tensor((COUNT, 16))))
pickled("tensor_size_negative", state(tensor((-5, -16), (16, 1))))
pickled("tensor_size_overflow", state(tensor((2**62, 4), (0, 0))))
pickled("tensor_stride_negative", state(tensor((5, 16), (-16, 1), offset=100)))
pickled("tensor_stride_beyond", state(tensor((5, 16), (375, 1))))
pickled("tensor_stride_overflow", state(tensor((5, 16), (2**62, 1))))
pickled("tensor_stride_overflow_sum", state(tensor((3, 3), (2**62, 2**62))))
pickled("tensor_stride_missing", state(tensor((5, 16), (16,))))
pickled("tensor_expanded_bomb", state(tensor((2**31 - 1, 2**20), (0, 0))))
pickled("tensor_dimensions", state(tensor((1,) * 100)))
pickled("tensor_size_is_text", state(name("torch._utils", "_rebuild_tensor_v2") + tuple_of(storage(), integer(0), tuple_of(text("5")),
                                     numbers((1,)), b"\x89", b"}") + b"R"))
pickled("tensor_not_of_storage", state(name("torch._utils", "_rebuild_tensor_v2") + tuple_of(text("0"), integer(0), numbers((5, 16)),
                                       numbers((16, 1)), b"\x89", b"}") + b"R"))
pickled("tensor_few_arguments", state(name("torch._utils", "_rebuild_tensor_v2") + tuple_of(storage(), integer(0)) + b"R"))
pickled("storage_larger_than_record", state(tensor((5, 16), inside=storage(COUNT * 1000))))
pickled("storage_smaller_than_record", state(tensor((5, 16), inside=storage(80))))
pickled("storage_count_overflow", state(tensor((5, 16), inside=storage(2**62))))
pickled("storage_count_negative", state(tensor((5, 16), inside=storage(-COUNT))))
pickled("storage_missing", state(tensor((5, 16), inside=storage(key="7"))))
pickled("storage_key_leaves_folder", state(tensor((5, 16), inside=storage(key="../version"))))
pickled("storage_other_class", state(tensor((5, 16), inside=storage(cls="DoubleStorage"))))
pickled("storage_quantized", state(tensor((5, 16), inside=storage(cls="QInt8Storage"))))
pickled("storage_short_id", state(tensor((5, 16), inside=tuple_of(text("storage"), name("torch", "FloatStorage")) + b"Q")))
pickled("storage_other_tag", state(tensor((5, 16), inside=tuple_of(text("module"), name("torch", "FloatStorage"), text("0"), text("cpu"),
                                                                  integer(COUNT)) + b"Q")))

# --- the pickle itself
pickled("pickle_empty", b"")
pickled("pickle_list", b"\x80\x02].")
pickled("pickle_no_stop", good[:-1])
pickled("pickle_goes_on", good + good)
pickled("pickle_two_values", b"\x80\x02}" + good[2:])
pickled("pickle_protocol_9", b"\x80\x09" + good[2:])
pickled("pickle_protocol_0", b"(dp0\nS'x'\np1\nI1\ns.")
pickled("pickle_frame_lies", b"\x80\x04\x95" + struct.pack("<Q", 2**40) + good[2:])
pickled("pickle_names_twice", state(names=lambda key: "same"))
pickled("pickle_huge_number", state(b"\x8a\xff" + b"\x01" * 255))
pickled("pickle_huge_long4", state(b"\x8b" + struct.pack("<i", 2**31 - 1)))
pickled("pickle_long_text", state(b"X" + struct.pack("<I", 2**32 - 1)))
pickled("pickle_long_text8", state(b"\x8d" + struct.pack("<Q", 2**63)))
pickled("pickle_long_bytes8", state(b"\x8e" + struct.pack("<Q", 2**40)))
pickled("pickle_bytearray8", state(b"\x96" + struct.pack("<Q", 2**40)))
pickled("pickle_memo_unknown", state(b"h\x05"))
pickled("pickle_memo_huge", state(b"Nr" + struct.pack("<I", 2**32 - 1)))
pickled("pickle_stack_empty", b"\x80\x02R.")
pickled("pickle_pops_below_mark", b"\x80\x02}(s.")
pickled("pickle_items_without_mark", b"\x80\x02}NNu.")
pickled("pickle_odd_items", b"\x80\x02}(Nu.")
pickled("pickle_append_to_itself", b"\x80\x02]q\x00h\x00" + b"a" + b".")
pickled("pickle_append_to_tuple", b"\x80\x02)Na.")
pickled("pickle_deep_marks", state(b"(" * 5000))
pickled("pickle_deep_lists", b"\x80\x02" + b"]" + b"]" * 5000 + b"a" * 5000 + b".")
pickled("pickle_deep_tuples", b"\x80\x02)" + b"\x85" * 5000 + b".")
laughs = b"\x80\x02]q\x00(" + b"N" * 10 + b"e" + b"".join(b"]q" + bytes([i + 1]) + b"(" + b"h" + bytes([i]) + b"" + (b"h" + bytes([i])) * 9 + b"e" for i in range(200))
pickled("pickle_billion_laughs", laughs + b".")

# --- the archive
write("zip_compressed_pickle", archive([Entry("archive/data.pkl", good, method=8)] + parts(good)[1:]))
write("zip_compressed_storage", archive([parts(good)[0], Entry("archive/data/0", DATA, method=8), VERSION]))
write("zip_bomb", archive([parts(good)[0], Entry("archive/data/0", b"\0" * (4 << 20), method=8), VERSION]))
write("zip_unknown_method", archive([parts(good)[0], Entry("archive/data/0", DATA, method=99), VERSION]))
write("zip_encrypted", archive([parts(good)[0], Entry("archive/data/0", DATA, flags=1), VERSION]))
write("zip_duplicate_pickle", archive([Entry("archive/data.pkl", good)] + parts(call("posix", "system"))))
write("zip_duplicate_storage", archive(parts(good) + [Entry("archive/data/0", DATA)]))
write("zip_overlapping", archive(parts(good) + [Entry("archive/data/1", b"", size=100, offset=0)]))
write("zip_same_place", archive(parts(good) + [Entry("archive/data/0b", b"x", offset=0)]))
inside = archive(parts(good))
write("zip_overlap_inside", archive([Entry("archive/data.pkl", good), Entry("archive/data/0", struct.pack("<IHHHHHIIIHH", 0x04034b50, 20, 0, 0, 0, 0, 0, 4, 4, 14, 0) + b"archive/data/1" + DATA[:4]),
                                   Entry("archive/data/1", b"", size=4, offset=30 + len("archive/data.pkl") + len(good) + 30 + len("archive/data/0"))]))
for label, path in (("parent", "archive/../../x"), ("absolute", "/archive/x"), ("backslash", "archive\\x"), ("dot", "archive/./x"),
                    ("empty_part", "archive//x"), ("newline", "archive/a\nb"), ("nul", "archive/a\0b"), ("drive", "C:/archive/x"), ("empty", "")):
    write("zip_name_" + label, archive(parts(good) + [Entry(path, b"x")]))
write("zip_name_outside", archive(parts(good) + [Entry("other/data/0", DATA)]))
write("zip_name_differs", archive([parts(good)[0], Entry("archive/data/0", DATA, local=b"archive/data/1"), VERSION]))
write("zip_two_pickles", archive(parts(good) + [Entry("other/data.pkl", good)]))
write("zip_no_pickle", archive(parts(good)[1:]))
write("zip_record_too_long", archive([parts(good)[0], Entry("archive/data/0", DATA, size=2**31), VERSION]))
write("zip_record_too_short", archive([parts(good)[0], Entry("archive/data/0", DATA, size=len(DATA) - 4), VERSION]))
write("zip_record_beyond", archive([parts(good)[0], Entry("archive/data/0", DATA, offset=2**30), VERSION]))
write("zip_count_more", archive(parts(good), count=4))
write("zip_count_less", archive(parts(good), count=2))
write("zip_directory_size", archive(parts(good), directory_size=60))
write("zip_comment", archive(parts(good), comment=b"comment"))
write("zip_second_end", archive(parts(good), comment=struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, 0, 0, 0, 0, 0)))
write("zip64_end_elsewhere", archive(parts(good), zip64=True, end64_offset=2**63))
write("zip64_count_huge", archive(parts(good), zip64=True, count=2**60))
write("zip64_directory_huge", archive(parts(good), zip64=True, directory_size=2**64 - 1))
full = (0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
lies = [("missing", b""), ("short", struct.pack("<HHQ", 1, 8, len(DATA))), ("huge", struct.pack("<HHQQQ", 1, 24, 2**63, 2**63, 0)),
        ("offset", struct.pack("<HHQQQ", 1, 24, len(DATA), len(DATA), 2**64 - 10)), ("overrun", struct.pack("<HH", 1, 60000))]
for label, extra in lies:
    write("zip64_field_" + label, archive([parts(good)[0], Entry("archive/data/0", DATA, extra=extra, raw32=full), VERSION]))
write("zip_empty", archive([]))
write("byteorder_big", archive(parts(good) + [Entry("archive/byteorder", b"big")]))
write("torchscript", archive(parts(good) + [Entry("archive/constants.pkl", b"\x80\x02).")]))
write("not_a_zip", b"PK\x03\x04" + b"\0" * 200)
write("nothing", b"")
write("lfs_pointer", b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 5368709120\n")
write("bare_pickle", b"\x80\x02cposix\nsystem\nX\x14\0\0\0" + RUN.encode() + b"\x85R.")
print(len(os.listdir(OUT)), "files")
