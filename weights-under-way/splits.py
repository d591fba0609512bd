"""The splits of the three packs, and what training changes of them: python splits.py PACKS OUT.

Takes of performer 49, who is in the test split, leave training. Some training takes become validation takes,
so that nearly every kind of motion has one. They are disjoint from the performers of the test split; of the
SNU names, of which nobody says who they are, they are other takes, perhaps not other people.
Writes OUT/splits1.json to splits3.json.
"""

import json
import sys
from pathlib import Path

PACKS, OUT = Path(sys.argv[1]), Path(sys.argv[2])
PERFORMER_49 = {"cmu_actions.npz:walking_extra/train_walking_51", "cmu_more_joints.npz:cmu49/49_08"}
# Whole performers, by a part of the name.
VAL_PERFORMERS = [
    "cmu_joints/cmu09/",
    "cmu4_joints.npz:cmu18/",
    "cmu4_joints.npz:cmu19/",
    "cmu4_joints.npz:cmu104/",
    "cmu4_joints.npz:cmu136/",
    "cmu3_joints.npz:cmu09/",
    "cmu_more_joints.npz:cmu09/",
    "snu_martial_joints.npz:agile/s_020_",
]
VAL_TAKES = [
    "snu_joints.npz:tennis/tennis_KangTennisF15",
    "snu_joints.npz:tennis/tennis_KangTennisN08",
    "snu_joints.npz:ys2010/Samsung/wd2_tt_freegame_1",
    "snu_joints.npz:ys2010/Samsung/wd2_tt_normal_strock",
    "snu_joints.npz:tiling/3/pass_ground_to_low",
    "snu_joints.npz:tiling/3/throw_away",
    "snu_joints.npz:tiling/1/move_to_high",
    "snu_joints.npz:tiling/1/chair_1",
    "snu_joints.npz:tiling/1/jump",
    "snu_joints.npz:tiling/1/jump_high_1",
    "snu_joints.npz:tiling/1/session2and3/Take03",
    "snu_joints.npz:ys2010/Physics2/wd2_Physics_Jump00",
    "snu_joints.npz:ys2010/Physics2/wd2_Physics_Raise01",
    "snu_joints.npz:ys2010/Physics2/wd2_PushBack01",
    "snu_joints.npz:ys2010/Physics2/wd2_PushStepLeft00",
    "snu_joints.npz:ys2010/Physics2/wd2_WalkSukiko01",
    "snu_joints.npz:ys2010/Physics2/wd2_WalkTongTong01",
    "snu_joints.npz:ys2010/Samsung/wd2_pose_inner1",
    "snu_joints.npz:ys2010/samsung_boxing/boxman/boxing_boxman_ducking_dir",
    "snu_joints.npz:ys2010/samsung_boxing/boxman/boxing_boxman_stand_dir_upper_both",
    "snu_more_joints.npz:slope/woddy2_walk_normal_to_slope",
    "snu_more_joints.npz:bboy/B_boy_1_thomas",
    "cmu3_joints.npz:cmu29/29_08",
    "cmu3_joints.npz:cmu29/29_14",
    "cmu3_joints.npz:cmu29/29_19",
    "cmu3_joints.npz:cmu127/127_18",
    "cmu3_joints.npz:cmu127/127_19",
    "cmu3_joints.npz:cmu127/127_20",
    "cmu3_joints.npz:cmu127/127_31",
    "cmu_more_bvh.zip:cmu05_iclone/05_10.bvh",
    "cmu_more_bvh.zip:cmu05_iclone/05_16.bvh",
]

left = set(VAL_TAKES) | PERFORMER_49
for number, pack in enumerate(("data", "data2", "data3"), 1):
    given = json.loads((PACKS / pack / "splits.json").read_text())
    new = {split: [] for split in given}
    for split, takes in given.items():
        for take in takes:
            to_val = take in VAL_TAKES or any(part in take for part in VAL_PERFORMERS)
            left.discard(take)
            if take in PERFORMER_49:
                continue
            assert split == "train" or not to_val, take
            new["val" if to_val else split].append(take)
    print(pack, {s: (len(given[s]), len(new[s])) for s in given})
    (OUT / f"splits{number}.json").write_text(json.dumps(new, indent=1))
assert not left, left
