#include "audit/known.h"

namespace florin::audit {

Known::Key Known::key_of(const Finding& finding) {
    return {finding.slot, finding.check->name, finding.object + finding.object_id, finding.what};
}

Known::News Known::take(Slot first, Slot last, const std::vector<Verdict>& verdicts) {
    News news;
    std::map<Key, Finding> seen;
    for (const auto& verdict : verdicts) {
        for (const auto& finding : verdict.findings) seen.emplace(key_of(finding), finding);
    }
    const auto begin = findings_.lower_bound(Key(first, "", "", ""));
    for (auto old = begin; old != findings_.end() && std::get<Slot>(old->first) <= last;) {
        if (seen.contains(old->first)) {
            ++old;
            continue;
        }
        news.gone.push_back(std::move(old->second));
        old = findings_.erase(old);
    }
    for (auto& [key, finding] : seen) {
        const auto old = findings_.find(key);
        if (old != findings_.end() && old->second == finding) continue;
        if (old == findings_.end() && findings_.size() >= kKnownMax) continue;
        news.fresh.push_back(finding);
        findings_.insert_or_assign(key, finding);
    }
    return news;
}

}  // namespace florin::audit
