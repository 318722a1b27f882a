// Host keys on file, against what ssh-keygen itself makes and hashes.
#include "remote/ssh/encoding.h"
#include "remote/ssh/known_hosts.h"
#include "tests/cluster/loopback.h"
#include "tests/support/temp_folder.h"

#include <doctest/doctest.h>
#include <fstream>
#include <sstream>
#include <sys/stat.h>

using namespace attune;
using namespace attune::remote;
using namespace attune::test;

namespace {

struct MadeKey {
  HostKey key;
  std::string base64, fingerprint;
  std::string line(const std::string &names) const { return names + " " + key.type + " " + base64 + "\n"; }
};

MadeKey makeKey(const TempFolder &folder, const std::string &name, const std::string &type = "ed25519") {
  const std::string path = folder.path() + "/" + name;
  outputOf("ssh-keygen -q -t " + type + " -N '' -f " + path);
  MadeKey made;
  std::istringstream(outputOf("cat " + path + ".pub")) >> made.key.type >> made.base64;
  made.key.blob = fromBase64(made.base64).value_or("");
  std::string bits;
  std::istringstream(outputOf("ssh-keygen -l -f " + path + ".pub")) >> bits >> made.fingerprint;
  return made;
}

KeyCheck checkWith(const TempFolder &folder, const std::string &text, const MadeKey &key, const std::string &host = "login.example.org",
                   int port = 22) {
  const auto hosts = KnownHosts::read({folder.write("known_hosts", text)});
  REQUIRE(hosts.ok());
  return hosts->check(host, port, key.key);
}

} // namespace

TEST_CASE("known_hosts: HMAC-SHA1 (RFC 2202) and base64 (RFC 4648) as published") {
  CHECK(toBase64(hmacSha1("Jefe", "what do ya want for nothing?")) == "7/zfauXrL6LSdBbV8YTfnCWafHk=");
  CHECK(toBase64(hmacSha1(std::string(80, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")) ==
        "qkrl4VJy0A6VcFY3zoo7Ve1AIRI=");
  CHECK(toBase64("foob") == "Zm9vYg==");
  CHECK(toBase64("fooba") == "Zm9vYmE=");
  CHECK(fromBase64("Zm9vYmE=") == "fooba");
  for (const char *wrong : {"Zg", "Zg=", "Z===", "Zg==Zg==", "Z*==", "=Zg="}) CHECK_FALSE(fromBase64(wrong));
}

TEST_CASE("known_hosts: verdicts and fingerprints") {
  const TempFolder folder;
  const MadeKey one = makeKey(folder, "one"), two = makeKey(folder, "two"), rsa = makeKey(folder, "rsa", "rsa -b 2048");
  REQUIRE(!one.key.blob.empty());
  CHECK(checkWith(folder, "", one).verdict == KeyVerdict::Unknown);
  CHECK(checkWith(folder, "", one).fingerprint == one.fingerprint);
  CHECK(checkWith(folder, one.line("other,Login.Example.org"), one).verdict == KeyVerdict::Ok);
  const KeyCheck changed = checkWith(folder, "# remark\n" + two.line("login.example.org"), one);
  CHECK(changed.verdict == KeyVerdict::Changed);
  REQUIRE(changed.known.size() == 1);
  CHECK(changed.known[0].fingerprint == two.fingerprint);
  CHECK(changed.known[0].where == folder.path() + "/known_hosts:2");
  CHECK(checkWith(folder, rsa.line("login.example.org"), one).verdict == KeyVerdict::OtherType);
  CHECK(checkWith(folder, one.line("login.example.org") + two.line("login.example.org"), two).verdict == KeyVerdict::Ok);
  CHECK(checkWith(folder, one.line("*.example.org,!login.example.org"), one).verdict == KeyVerdict::Unknown);
  CHECK(checkWith(folder, one.line("*.example.org"), one).verdict == KeyVerdict::Ok);
  CHECK(checkWith(folder, one.line("login.example.org"), one, "login.example.org", 2222).verdict == KeyVerdict::Unknown);
  CHECK(checkWith(folder, one.line("[login.example.org]:2222"), one, "login.example.org", 2222).verdict == KeyVerdict::Ok);
  CHECK(checkWith(folder, one.line("login.example.org") + "@revoked " + one.line("*"), one).verdict == KeyVerdict::Revoked);
  CHECK(checkWith(folder, "@revoked " + two.line("*") + one.line("login.example.org"), one).verdict == KeyVerdict::Ok);
  CHECK(checkWith(folder, "@cert-authority " + one.line("*"), one).verdict == KeyVerdict::Unknown);
}

TEST_CASE("known_hosts: names that ssh-keygen hashed, revoked ones too") {
  const TempFolder folder;
  const MadeKey one = makeKey(folder, "one"), two = makeKey(folder, "two");
  const std::string path = folder.write("hashed", one.line("login.example.org") + one.line("[login.example.org]:2222"));
  outputOf("ssh-keygen -q -H -f " + path + " 2>/dev/null");
  const std::string text = outputOf("cat " + path);
  REQUIRE(text.find("login") == std::string::npos);
  CHECK(checkWith(folder, text, one).verdict == KeyVerdict::Ok);
  CHECK(checkWith(folder, text, one, "login.example.org", 2222).verdict == KeyVerdict::Ok);
  CHECK(checkWith(folder, text, two).verdict == KeyVerdict::Changed);
  CHECK(checkWith(folder, text, one, "login.example.or").verdict == KeyVerdict::Unknown);
  CHECK(checkWith(folder, text + "@revoked " + text.substr(0, text.find('\n') + 1), one).verdict == KeyVerdict::Revoked);
}

TEST_CASE("known_hosts: hostile files are bounded and never trusted") {
  const TempFolder folder;
  const MadeKey one = makeKey(folder, "one");
  const std::string host = "login.example.org ";
  for (const std::string &text :
       {host, host + one.key.type, host + one.key.type + " " + one.base64.substr(0, 20), host + "ssh-rsa " + one.base64,
        "|1|x|y " + one.key.type + " " + one.base64 + "\n", "|1|||| " + one.key.type + " " + one.base64, std::string(1 << 20, 'a'),
        std::string("@revoked\n@\n|\n\0\xff\n", 15), "@unknown " + one.line("*"), std::string(70000, ' ') + one.line("login.example.org")})
    CHECK(checkWith(folder, text, one).verdict == KeyVerdict::Unknown);
  CHECK_FALSE(KnownHosts::read({folder.write("big", std::string(17 << 20, '\n'))}).ok());
  CHECK_FALSE(KnownHosts::read({folder.path()}).ok());
  CHECK(KnownHosts::read({folder.path() + "/none"}).ok());
}

TEST_CASE("known_hosts: a trusted key is kept in our store, 0600, and a line cut short harms no other") {
  const TempFolder folder;
  const MadeKey one = makeKey(folder, "one"), two = makeKey(folder, "two");
  const std::string store = folder.path() + "/store";
  REQUIRE(trustHostKey(store, "Login.example.org", 2222, one.key).ok());
  struct stat info {};
  REQUIRE(::stat(store.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  std::ofstream(store, std::ios::app) << "other.example.org ssh-ed25519 AAAA"; // a crash
  REQUIRE(trustHostKey(store, "b", 22, two.key).ok());
  CHECK(KnownHosts::read({store})->check("login.example.org", 2222, one.key).verdict == KeyVerdict::Ok);
  CHECK(KnownHosts::read({store})->check("b", 22, two.key).verdict == KeyVerdict::Ok);
  CHECK(outputOf("ssh-keygen -F '[login.example.org]:2222' -f " + store).find(one.base64) != std::string::npos);
  for (const char *wrong : {"", "a b", "a,b", "*", "!a", "|1|a", "@a", "a\nb"}) CHECK_FALSE(trustHostKey(store, wrong, 22, one.key).ok());
  CHECK_FALSE(trustHostKey(folder.path() + "/no/store", "a", 22, one.key).ok());
}

TEST_CASE("known_hosts: a key is replaced for its host alone; other hosts, revoked keys and remarks stay") {
  const TempFolder folder;
  const MadeKey one = makeKey(folder, "one"), two = makeKey(folder, "two"), rsa = makeKey(folder, "rsa", "rsa -b 2048");
  const std::string revoked = "@revoked " + one.line("*"),
                    kept = "# remark\n" + one.line("[login.example.org]:2222") + one.line("login.example.org.cn");
  const std::string store =
      folder.write("store", kept + one.line("Login.example.org") + rsa.line("other,login.example.org,*.net") + revoked +
                                rsa.line("login.example.org").substr(0, rsa.line("login.example.org").size() - 1));
  ::chmod(store.c_str(), 0644);
  REQUIRE(replaceHostKey(store, "login.example.org", 22, two.key).ok());
  CHECK(outputOf("cat " + store) == kept + rsa.line("other,*.net") + revoked + two.line("login.example.org"));
  struct stat info {};
  REQUIRE(::stat(store.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  const auto hosts = KnownHosts::read({store});
  REQUIRE(hosts.ok());
  CHECK(hosts->check("login.example.org", 22, two.key).verdict == KeyVerdict::Ok);
  CHECK(hosts->check("login.example.org", 22, one.key).verdict == KeyVerdict::Revoked);
  CHECK(hosts->check("other", 22, rsa.key).verdict == KeyVerdict::Ok);
  REQUIRE(trustHostKey(store, "third", 22, two.key).ok()); // goes on in the new file
  CHECK(KnownHosts::read({store})->check("third", 22, two.key).verdict == KeyVerdict::Ok);
  // A missing store, and one that cannot be written: then nothing has changed.
  CHECK(replaceHostKey(folder.path() + "/fresh", "a.example", 22, one.key).ok());
  CHECK(outputOf("cat " + folder.path() + "/fresh") == one.line("a.example"));
  CHECK_FALSE(replaceHostKey(folder.path() + "/none/store", "a.example", 22, one.key).ok());
  CHECK_FALSE(replaceHostKey(store, "a b", 22, one.key).ok());
  outputOf("mkdir " + store + ".new"); // in the way
  const std::string before = outputOf("cat " + store);
  CHECK_FALSE(replaceHostKey(store, "login.example.org", 22, one.key).ok());
  CHECK(outputOf("cat " + store) == before);
}
