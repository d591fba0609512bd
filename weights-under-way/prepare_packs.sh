#!/usr/bin/env bash
# All three packs of motion in one data file, all.h5, for training, validation and test; in unseen.h5 what is never
# trained on (HDM05, MASS).
#   weights-under-way/prepare_packs.sh PACKS OUT    where rtpca is installed; PACKS holds data, data2 and data3
set -euo pipefail
S=$(realpath "$1") W=$2
CMU="CMU Graphics Lab Motion Capture Database terms: free for research; may be included in commercially sold products, but the data may not be resold directly, even in converted form"
CMU_BY="The data used in this project was obtained from mocap.cs.cmu.edu. The database was created with funding from NSF EIA-0196217."
SNU_BY="Motion capture data: Movement Research Lab, Seoul National University (repositories snumrl/TillingPatch, ys2010, VSports, InteractiveAnimation; Apache License 2.0; TimeCriticalResponse; BSD-3-Clause, Copyright 2020 NCSOFT Corporation & SNU R&D Foundation). Changed: converted to 17 joints."
HDM_BY="Derived from the motion capture database HDM05: M. Müller, T. Röder, M. Clausen, B. Eberhardt, B. Krüger, A. Weber, \"Documentation: Mocap Database HDM05\", Technical Report CG-2007-2, Universität Bonn, 2007. CC BY-SA 3.0. Changed: converted to 17 joints (joint centres fitted to the markers, or every second frame)."
MASS_BY="Repository lsw9021/MASS, Apache License 2.0, Copyright 2019 Seunghwan Lee. S. Lee, K. Lee, M. Park, J. Lee, \"Scalable Muscle-actuated Human Simulation and Control\", ACM TOG 38(4), 2019."
python3 "$(dirname "$0")/splits.py" "$S" "$W"
cd "$W"
rm -f all.h5 unseen.h5
p() { rtpca prepare "$@"; }
# first pack
p cmu $S/data/cmu_asfamc.zip $S/data/cmu_actions.npz -o all.h5 --splits splits1.json
p bvh $S/data/cmu_bvh.zip $S/data/react_idle_bvh.zip -o all.h5 --append --splits splits1.json
# second pack
p cmu $S/data2/ui_prmd.npz -o all.h5 --append --splits splits2.json --licence "PDDL 1.0" --attribution "UI-PRMD, University of Idaho, Open Data Commons PDDL 1.0. A. Vakanski, H.-P. Jun, D. Paul, R. Baker, \"A Data Set of Human Body Movements for Physical Rehabilitation Exercises\", Data 3(1):2, 2018."
p cmu $S/data2/cmu_more_joints.npz $S/data2/cmu_more_asfamc.zip -o all.h5 --append --splits splits2.json --licence "$CMU" --attribution "$CMU_BY"
p bvh $S/data2/cmu_more_bvh.zip -o all.h5 --append --splits splits2.json --licence "$CMU" --attribution "$CMU_BY"
# third pack
p cmu $S/data3/cmu3_joints.npz $S/data3/cmu4_joints.npz -o all.h5 --append --splits splits3.json --licence "$CMU" --attribution "$CMU_BY"
p cmu $S/data3/snu_joints.npz $S/data3/snu_more_joints.npz -o all.h5 --append --splits splits3.json --licence "Apache-2.0" --attribution "$SNU_BY"
p cmu $S/data3/snu_martial_joints.npz -o all.h5 --append --splits splits3.json --licence "BSD-3-Clause" --attribution "$SNU_BY"
p cmu $S/data3/accad_joints.npz -o all.h5 --append --splits splits3.json --licence "CC BY 3.0" --attribution "Motion data: Open Motion Project, ACCAD / The Ohio State University, CC BY 3.0. Changed: converted to 17 joints."
# never trained on
p cmu $S/data2/hdm05_joints.npz $S/data3/hdm05_more_joints.npz -o unseen.h5 --licence "CC BY-SA 3.0" --attribution "$HDM_BY"
p bvh $S/data2/mass_bvh.zip -o unseen.h5 --append --licence "Apache-2.0" --attribution "$MASS_BY"
